import { useState } from "react";
import { filesOf } from "./dropped-files.ts";

interface DropTargetProps {
  /** Takes little room: something was dropped before. */
  readonly isSlim: boolean;
  /** Files and whole folders; read as soon as they fall, since the browser forgets them after the event. */
  readonly onFiles: (files: Promise<readonly File[]>) => void;
  readonly children: React.ReactNode;
  readonly testId: string;
}

/** A framed place that takes what is dropped on it, and shows so while it is dragged over. */
export function DropTarget({ isSlim, onFiles, children, testId }: DropTargetProps) {
  const [over, setOver] = useState(false);
  return (
    <div
      className={`an-drop${over ? " an-over" : ""}${isSlim ? " an-slim" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles(filesOf(event.dataTransfer));
      }}
      data-testid={testId}
    >
      {children}
    </div>
  );
}
