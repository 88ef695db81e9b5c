import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useTexts } from "../../panel/index.ts";

const widthMin = 340;
const widthMax = 860;
const keyStep = 24;

/** The line between scene and panel: dragged, or moved with the arrow keys. */
export function Splitter({ width, onWidth }: { readonly width: number; readonly onWidth: (width: number) => void }) {
  const t = useTexts();
  const start = useRef<{ readonly x: number; readonly width: number }>();
  const set = (next: number): void => onWidth(Math.round(Math.min(widthMax, Math.max(widthMin, next))));
  const onDown = (event: PointerEvent): void => {
    start.current = { x: event.clientX, width };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent): void => {
    if (start.current) set(start.current.width + start.current.x - event.clientX);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: keyStep, ArrowRight: -keyStep }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    set(width + by);
  };
  return (
    <div
      className="studio-splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={t.resize}
      aria-valuenow={width}
      aria-valuemin={widthMin}
      aria-valuemax={widthMax}
      aria-controls="panel"
      tabIndex={0}
      onPointerDown={onDown}
      onPointerMove={onMove}
      onPointerUp={() => (start.current = undefined)}
      onKeyDown={onKeyDown}
      data-testid="splitter"
    />
  );
}
