import { useRef } from "react";
import { Button } from "./controls.tsx";
import { DropTarget } from "./drop-target.tsx";
import { Icon, type IconName } from "./icons.tsx";

interface FileDropProps {
  readonly title: string;
  readonly hint?: string | undefined;
  readonly icon?: IconName;
  /** What the button that chooses files says. */
  readonly choose: string;
  readonly accept: string;
  readonly multiple?: boolean;
  readonly busy?: boolean;
  /** Takes little room: something was dropped before. */
  readonly isSlim?: boolean;
  readonly onFiles: (files: Promise<readonly File[]>) => void;
  readonly children?: React.ReactNode;
  readonly testId: string;
}

/** Where files are dropped or chosen. */
export function FileDrop(props: FileDropProps) {
  const { title, hint, icon, choose, accept, multiple = false, busy = false, isSlim = false, onFiles, testId } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <DropTarget isSlim={isSlim} onFiles={onFiles} testId={`${testId}-drop`}>
      {icon && <Icon name={icon} />}
      <strong>{title}</strong>
      {!isSlim && hint !== undefined && <p className="an-hint">{hint}</p>}
      <div className="an-row">
        <Button look={isSlim ? "plain" : "primary"} icon="upload" onClick={() => input.current?.click()} busy={busy}>
          {choose}
        </Button>
        {props.children}
      </div>
      <input
        ref={input}
        type="file"
        multiple={multiple}
        accept={accept}
        className="an-hidden"
        tabIndex={-1}
        aria-hidden="true"
        data-testid={`${testId}-input`}
        onChange={(event) => {
          const list = [...(event.target.files ?? [])];
          event.target.value = "";
          if (list.length > 0) onFiles(Promise.resolve(list));
        }}
      />
    </DropTarget>
  );
}
