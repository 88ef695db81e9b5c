import { useEffect, useRef, useSyncExternalStore } from "react";
import { Button, Icon, useTexts } from "../../panel/index.ts";
import { playerAddress, type PageAddress } from "./page-address.ts";
import type { Running } from "./start-studio.ts";
import type { StudioHost } from "./studio-host.ts";

interface TopBarProps {
  readonly address: PageAddress;
  readonly running: Running | undefined;
  readonly dark: boolean;
  readonly onLanguage: () => void;
  readonly onTheme: () => void;
  readonly onProblem: (error: unknown) => void;
}

export function TopBar({ address, running, dark, onLanguage, onTheme, onProblem }: TopBarProps) {
  const t = useTexts();
  const host = running?.host;
  return (
    <header className="studio-bar">
      <a className="studio-skip" href="#panel">
        {t.studio.skipToPanel}
      </a>
      <span className="studio-mark">
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <path d="M8 1.5c3 3 4.500 5.200 4.500 7.600a4.500 4.500 0 01-9 0C3.500 6.700 5 4.500 8 1.500z" />
        </svg>
        Animula
      </span>
      <span className="studio-scene">{address.sceneId}</span>
      {host && <Undo host={host} onProblem={onProblem} />}
      <span className="an-grow" />
      {running && <Presence running={running} />}
      {host && <Files host={host} onProblem={onProblem} />}
      <a
        className="an-button an-plain"
        href={playerAddress(address.sceneId)}
        target="_blank"
        rel="noreferrer"
        data-testid="open-player"
      >
        <Icon name="external" />
        <span>{t.studio.openPlayer}</span>
      </a>
      <Button look="quiet" onClick={onLanguage} testId="language">
        {t.studio.language}
      </Button>
      <Button look="quiet" icon={dark ? "sun" : "moon"} label={t.studio.theme} onClick={onTheme} testId="theme" />
    </header>
  );
}

/** Fields have an undo of their own; the keys are theirs while one is being typed in. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("textarea, input:not([type=range], [type=radio], [type=checkbox])"));

function Undo({ host, onProblem }: { readonly host: StudioHost; readonly onProblem: (error: unknown) => void }) {
  const t = useTexts();
  const { undoStack } = host;
  const subscribe = undoStack.subscribe.bind(undoStack);
  const undo = useSyncExternalStore(subscribe, () => undoStack.undoLabel);
  const redo = useSyncExternalStore(subscribe, () => undoStack.redoLabel);
  const run = (way: "undo" | "redo"): void => void undoStack[way]().catch(onProblem);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping(event.target)) return;
      const key = event.key.toLowerCase();
      const way = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : undefined;
      if (way === undefined) return;
      event.preventDefault();
      undoStack[way]().catch(onProblem);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [undoStack, onProblem]);

  return (
    <div className="studio-pair" role="group" aria-label={`${t.studio.undo}, ${t.studio.redo}`}>
      <Button
        look="quiet"
        icon="undo"
        label={undo === undefined ? t.studio.undo : t.studio.undoOf(undo)}
        disabled={undo === undefined}
        onClick={() => run("undo")}
        testId="undo"
      />
      <Button
        look="quiet"
        icon="redo"
        label={redo === undefined ? t.studio.redo : t.studio.redoOf(redo)}
        disabled={redo === undefined}
        onClick={() => run("redo")}
        testId="redo"
      />
    </div>
  );
}

function Presence({ running }: { readonly running: Running }) {
  const t = useTexts();
  const { connection } = running.world;
  const status = useSyncExternalStore(connection.onChange, () => connection.status);
  const people = useSyncExternalStore(connection.onChange, () => connection.state.players.size);
  const words = { online: t.studio.people(people), reconnecting: t.studio.reconnecting, closed: t.studio.lost }[status];
  return (
    <span className="studio-presence" data-status={status} role="status" data-testid="presence">
      {words}
    </span>
  );
}

function Files({ host, onProblem }: { readonly host: StudioHost; readonly onProblem: (error: unknown) => void }) {
  const t = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const open = async (file: File): Promise<void> => {
    const count = await host.openTags(await file.text(), file.name);
    if (count === undefined) throw new Error(t.studio.notBabylon);
    if (count === 0) throw new Error(t.studio.noTagsRead);
  };
  return (
    <>
      <Button look="quiet" icon="folder" label={t.studio.open} onClick={() => input.current?.click()} />
      <Button
        look="quiet"
        icon="download"
        label={t.studio.download}
        onClick={() => void host.saveScene().catch(onProblem)}
        testId="save-scene"
      />
      <input
        ref={input}
        type="file"
        accept=".babylon,application/json"
        className="an-hidden"
        tabIndex={-1}
        aria-hidden="true"
        data-testid="open-scene-input"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) open(file).catch(onProblem);
        }}
      />
    </>
  );
}
