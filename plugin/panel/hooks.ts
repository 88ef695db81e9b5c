import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { failureText } from "../core/index.ts";
import {
  slotKey,
  type LoraTag,
  type SceneState,
  type SlotKind,
  type StudioState,
  type SurfaceMaps,
} from "../../service/protocol/index.ts";
import type { PanelHost, PanelNode } from "./host.ts";
import { emptyTag, isEmptyTag, sameTag } from "./tag-edits.ts";
import { useLanguage, useTexts } from "./texts.ts";

export const HostContext = createContext<PanelHost | undefined>(undefined);

export function useHost(): PanelHost {
  const host = useContext(HostContext);
  if (host === undefined) throw new Error("useHost: outside of <Panel>; render the component inside it");
  return host;
}

/** The studio's state; the component renders again with every change of it. */
export function useStudio(): StudioState {
  const { studio } = useHost();
  useSyncExternalStore(studio.onChange, () => studio.revision);
  return studio.state;
}

/** One value of the scene's state; renders again only when that value is another (players move all the time). */
export function useScene<T extends string | number | boolean>(read: (state: SceneState) => T): T {
  const { scene } = useHost();
  return useSyncExternalStore(scene.onChange, () => read(scene.state));
}

/** A picture, "" for the scene's own, and its maps if it has any. */
export interface Look {
  readonly sha256: string;
  readonly maps?: SurfaceMaps | undefined;
}

export function lookOf(state: SceneState, slot: string): Look {
  const { sha256 = "", normal = "", roughness = "", occlusion = "" } = state.slots.get(slot) ?? {};
  return normal === "" ? { sha256 } : { sha256, maps: { normal, roughness, occlusion } };
}

interface ShownSlot extends Look {
  readonly version: number;
  readonly pending: boolean;
}

/** What a slot shows now. */
export function useSlot(nodeId: string, kind: SlotKind): ShownSlot {
  const key = slotKey(nodeId, kind);
  const json = useScene((state) => {
    const { version = 0, pending = false } = state.slots.get(key) ?? {};
    return JSON.stringify({ ...lookOf(state, key), version, pending });
  });
  return useMemo(() => JSON.parse(json) as ShownSlot, [json]);
}

export function useSelection(): PanelNode | undefined {
  const { selection } = useHost();
  return useSyncExternalStore(selection.onChange, selection.get);
}

/** A failure to show; `run` clears it, runs, and shows what went wrong. */
export interface Action {
  readonly busy: boolean;
  /** In the person's language; "" if all is well. */
  readonly problem: string;
  readonly run: (work: () => Promise<void>) => void;
  readonly clear: () => void;
}

export function useAction(): Action {
  const [running, setRunning] = useState(0);
  const [failure, setFailure] = useState<unknown>();
  const language = useLanguage();
  const run = useCallback((work: () => Promise<void>) => {
    setFailure(undefined);
    setRunning((count) => count + 1);
    work()
      .catch((error: unknown) => setFailure(error))
      .finally(() => setRunning((count) => count - 1));
  }, []);
  const clear = useCallback(() => setFailure(undefined), []);
  const problem = failure === undefined ? "" : failureText(failure, language);
  return { busy: running > 0, problem, run, clear };
}

/** The tag of a node and the one way to change it: written, sent, and undoable. */
export function useTag(node: PanelNode): { readonly tag: LoraTag; readonly edit: (next: LoraTag) => Promise<void> } {
  const host = useHost();
  const t = useTexts();
  const { tagsRevision } = host;
  const revision = useSyncExternalStore(tagsRevision.onChange, tagsRevision.get);
  // The revision stands for what tagOf reads.
  const tag = useMemo(() => host.tagOf(node.id) ?? emptyTag, [host, node.id, revision]);
  const edit = useCallback(
    async (next: LoraTag) => {
      const before = host.tagOf(node.id);
      if (sameTag(before ?? emptyTag, next)) return;
      const after = isEmptyTag(next) ? null : next;
      await host.setTag(node.id, after);
      host.registerUndo({
        label: t.tag.undoEdit(node.name),
        undo: () => host.setTag(node.id, before ?? null),
        redo: () => host.setTag(node.id, after),
      });
    },
    [host, node.id, node.name, t],
  );
  return { tag, edit };
}

/** Text that a person types, and that is handed on when they pause or leave the field, not at each key. */
export function useTyped(value: string, commit: (text: string) => void, pauseMs = 900) {
  const [draft, setDraft] = useState<string>();
  const latest = useRef({ draft, value, commit });
  latest.current = { draft, value, commit };
  const flush = useCallback(() => {
    const { draft: text, value: old, commit: hand } = latest.current;
    setDraft(undefined);
    if (text !== undefined && text !== old) hand(text);
  }, []);
  useEffect(() => {
    if (draft === undefined) return;
    const timer = setTimeout(flush, pauseMs);
    return () => clearTimeout(timer);
  }, [draft, flush, pauseMs]);
  // Another node was selected while typing: what was typed still belongs to the first one.
  useEffect(
    () => () => {
      const { draft: text, value: old, commit: hand } = latest.current;
      if (text !== undefined && text !== old) hand(text);
    },
    [],
  );
  return { text: draft ?? value, type: setDraft, flush };
}
