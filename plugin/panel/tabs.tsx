import { useRef, type KeyboardEvent, type ReactNode } from "react";

export interface Tab<T extends string> {
  readonly id: T;
  readonly title: string;
  /** Something goes on behind it. */
  readonly live?: boolean;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<T>[];
  readonly chosen: T;
  readonly onChoose: (id: T) => void;
  readonly children: ReactNode;
}

const moves: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

/** Tabs as the ARIA practices have them: one stop for Tab, arrows, Home and End between them. */
export function Tabs<T extends string>({ label, tabs, chosen, onChoose, children }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const at = move(
      tabs.findIndex(({ id }) => id === chosen),
      tabs.length,
    );
    onChoose(tabs[at]!.id);
    list.current?.querySelectorAll("button")[at]?.focus();
  };
  return (
    <>
      <div className="an-tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ id, title, live }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`an-tab-${id}`}
            aria-selected={id === chosen}
            aria-controls="an-tab-body"
            tabIndex={id === chosen ? 0 : -1}
            data-testid={`tab-${id}`}
            onClick={() => onChoose(id)}
          >
            {title}
            {live && <span className="an-live" aria-hidden="true" />}
          </button>
        ))}
      </div>
      <div className="an-tab-body" role="tabpanel" id="an-tab-body" aria-labelledby={`an-tab-${chosen}`}>
        {children}
      </div>
    </>
  );
}
