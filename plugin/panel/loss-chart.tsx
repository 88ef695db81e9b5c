import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { frameOf, nearest, pathOf, place, thin, ticks, type Box, type Point } from "./curve.ts";
import { formatLoss, formatNumber } from "./format.ts";
import { useTexts } from "./texts.ts";

const HEIGHT = 168;
/** More points than this cannot be told apart at the panel's width. */
const POINTS_MAX = 400;

interface ChartProps {
  readonly losses: readonly Point[];
  readonly heldOut: readonly Point[];
  /** Length of the whole run: the axis does not grow with it. */
  readonly steps: number;
  readonly bestStep: number;
  readonly savedSteps: readonly number[];
}

/** Training and held-out loss over steps; pointer or arrow keys read values off. */
export function LossChart({ losses, heldOut, steps, bestStep, savedSteps }: ChartProps) {
  const t = useTexts();
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(360);
  const [cursor, setCursor] = useState<number>();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(160, entry!.contentRect.width)));
    observer.observe(holder.current!);
    return () => observer.disconnect();
  }, []);

  const box: Box = { left: 44, top: 8, width: width - 54, height: HEIGHT - 34 };
  const curve = useMemo(() => thin(losses, POINTS_MAX), [losses]);
  const frame = useMemo(() => frameOf([curve, heldOut], steps), [curve, heldOut, steps]);
  const read = nearest(losses, cursor ?? Number.POSITIVE_INFINITY);
  const mark = cursor === undefined || read === undefined ? undefined : place(read, frame, box);

  const onPointer = (event: PointerEvent): void => {
    const x = event.clientX - holder.current!.getBoundingClientRect().left;
    setCursor(((x - box.left) / box.width) * frame.xMax);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || losses.length === 0) return;
    event.preventDefault();
    const at = losses.indexOf(read!);
    setCursor(losses[Math.min(losses.length - 1, Math.max(0, at + by * Math.ceil(losses.length / 50)))]!.x);
  };

  const said = read === undefined ? t.run.curveEmpty : t.run.curveSays(read.x, formatLoss(read.y));
  return (
    <figure className="an-chart" data-testid="loss-chart" data-points={losses.length}>
      <div
        ref={holder}
        role="img"
        tabIndex={0}
        aria-label={`${t.run.curve}. ${said}`}
        onPointerMove={onPointer}
        onPointerLeave={() => setCursor(undefined)}
        onBlur={() => setCursor(undefined)}
        onKeyDown={onKeyDown}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <Axes blank={losses.length === 0} frame={frame} box={box} savedSteps={savedSteps} bestStep={bestStep} />
          {curve.length > 1 && <path className="an-curve" d={pathOf(curve, frame, box)} />}
          {heldOut.length > 1 && <path className="an-curve an-held" d={pathOf(heldOut, frame, box)} />}
          {heldOut.map((point) => {
            const { px, py } = place(point, frame, box);
            return <circle key={point.x} className="an-held" cx={px} cy={py} r={2.5} />;
          })}
          {mark && (
            <>
              <line className="an-cursor" x1={mark.px} x2={mark.px} y1={box.top} y2={box.top + box.height} />
              <circle className="an-dot" cx={mark.px} cy={mark.py} r={3.5} />
            </>
          )}
        </svg>
      </div>
      <figcaption>
        <span className="an-key">{t.run.training}</span>
        {heldOut.length > 0 && <span className="an-key an-held">{t.run.heldOut}</span>}
        <span className="an-aside an-number">{said}</span>
      </figcaption>
    </figure>
  );
}

interface AxesProps extends Pick<ChartProps, "savedSteps" | "bestStep"> {
  /** No values yet: only the steps to come are marked. */
  readonly blank: boolean;
  readonly frame: ReturnType<typeof frameOf>;
  readonly box: Box;
}

function Axes({ blank, frame, box, savedSteps, bestStep }: AxesProps) {
  const bottom = box.top + box.height;
  return (
    <g className="an-axes">
      {(blank ? [] : ticks(frame.yMin, frame.yMax, 5)).map((y) => {
        const { py } = place({ x: 0, y }, frame, box);
        return (
          <g key={y}>
            <line x1={box.left} x2={box.left + box.width} y1={py} y2={py} />
            <text x={box.left - 6} y={py + 3.5} textAnchor="end">
              {formatNumber(y)}
            </text>
          </g>
        );
      })}
      {blank && <line x1={box.left} x2={box.left + box.width} y1={bottom} y2={bottom} />}
      {ticks(0, frame.xMax, 6).map((x) => (
        <text key={x} x={place({ x, y: 0 }, frame, box).px} y={bottom + 16} textAnchor="middle">
          {x}
        </text>
      ))}
      {savedSteps.map((x) => {
        const { px } = place({ x, y: frame.yMin }, frame, box);
        const best = x === bestStep;
        return <path key={x} className={best ? "an-best" : "an-saved"} d={`M${px - 3} ${bottom + 4}h6l-3 -5z`} />;
      })}
    </g>
  );
}
