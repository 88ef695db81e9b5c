import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { limits, type DatasetState, type Language, type LinesUploadReply } from "../../service/protocol/index.ts";
import { isComplete, toJsonLines, type Dialogues } from "./dialogues.ts";
import type { PanelClient, PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, type Action } from "./hooks.ts";
import { usableName } from "./settings-form.ts";
import { useLanguage } from "./texts.ts";

const PAGE = 500;
const SAVE_PAUSE_MS = 1200;

export interface NodeDialogues {
  /** As they are on the screen, saved or not; undefined until they are here. */
  readonly dialogues: Dialogues | undefined;
  /** How many can be trained with. */
  readonly complete: number;
  readonly change: (dialogues: Dialogues) => void;
  /** Adds what was pasted or dropped. */
  readonly take: (texts: () => Promise<readonly string[]>) => void;
  readonly outcome: LinesUploadReply | undefined;
  readonly close: () => void;
  /** Saves what is unsaved; rejects if that fails, and keeps it. @returns the data set, if there is one */
  readonly flush: () => Promise<string | undefined>;
  readonly unsaved: boolean;
  readonly action: Action;
}

/** The voice data set of a node: the newest, if there is one. */
function setOf(datasets: Iterable<DatasetState>, nodeId: string): DatasetState | undefined {
  const own = [...datasets].filter((set) => set.nodeId === nodeId && set.kind === "voice");
  return own.toSorted((a, b) => b.createdAt - a.createdAt)[0];
}

async function allLines(client: PanelClient, datasetId: string): Promise<Dialogues> {
  const all: Dialogues[number][] = [];
  for (let total = 1; all.length < total && all.length < limits.linesPerDatasetMax;) {
    const page = await client.lines(datasetId, all.length, PAGE);
    all.push(...page.dialogues);
    total = page.dialogues.length === 0 ? 0 : page.total;
  }
  return all;
}

/** The lines of a node's voice: loaded, edited, saved when the person pauses. */
export function useDialogues(node: PanelNode): NodeDialogues {
  const { client } = useHost();
  const action = useAction();
  const set = setOf(useStudio().datasets.values(), node.id);
  const [loaded, setLoaded] = useState<Dialogues>();
  const [edits, setEdits] = useState<Dialogues>();
  /** The edits that the service has; incomplete ones stay on the screen beyond that. */
  const [saved, setSaved] = useState<Dialogues>();
  const [outcome, setOutcome] = useState<LinesUploadReply>();
  const datasetId = set?.id;
  const revision = set?.revision;
  const latest = useRef({ edits, saved, datasetId });
  latest.current = { edits, saved, datasetId };
  const store = useStore(node);
  const { run } = action;

  useEffect(() => {
    if (datasetId === undefined) return setLoaded([]);
    let stale = false;
    run(async () => {
      const all = await allLines(client, datasetId);
      if (!stale) setLoaded(all);
    });
    return () => {
      stale = true;
    };
  }, [client, datasetId, revision, run]);

  const flush = useCallback(async () => {
    const { edits: all, saved: last, datasetId: id } = latest.current;
    if (all === undefined || all === last) return id;
    const complete = all.filter(isComplete);
    const kept = await store.replace(id, complete);
    setLoaded(complete);
    setSaved(all);
    if (complete.length === all.length) setEdits((now) => (now === all ? undefined : now));
    return kept;
  }, [store]);

  useEffect(() => {
    if (edits === undefined || edits === saved) return;
    const timer = setTimeout(() => run(async () => void (await flush())), SAVE_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [edits, saved, flush, run]);
  // Leaving the tab must not lose the last words.
  useEffect(() => () => void flush().catch(() => {}), [flush]);

  const dialogues = edits ?? loaded;
  return {
    dialogues,
    complete: dialogues?.filter(isComplete).length ?? 0,
    change: setEdits,
    take: (texts) =>
      run(async () => {
        setOutcome(undefined);
        const id = await flush();
        setOutcome(await store.add(id, await texts()));
        setEdits(undefined);
      }),
    outcome,
    close: () => setOutcome(undefined),
    flush,
    unsaved: edits !== undefined && edits !== saved,
    action,
  };
}

interface Store {
  /** Adds texts to a set, which is made if need be; one of which nothing could be used is not left behind. */
  add(datasetId: string | undefined, texts: readonly string[]): Promise<LinesUploadReply | undefined>;
  /** Puts dialogues in the place of all; a set without any is taken away. @returns the set */
  replace(datasetId: string | undefined, dialogues: Dialogues): Promise<string | undefined>;
}

function useStore(node: PanelNode): Store {
  const { client } = useHost();
  const language = useLanguage();
  const { id, name } = node;
  return useMemo(() => storeOf(client, { id, name }, language), [client, id, name, language]);
}

function storeOf(client: PanelClient, node: Pick<PanelNode, "id" | "name">, language: Language): Store {
  const create = async (): Promise<string> =>
    (await client.createDataset(usableName(node.name) || "lines", node.id, "voice")).id;
  return {
    async add(datasetId, texts) {
      const known = datasetId ?? (await create());
      let sum: LinesUploadReply | undefined;
      try {
        for (const text of texts) sum = joined(sum, await client.sendLines(known, text, "add", language));
      } finally {
        if (datasetId === undefined && sum === undefined) await client.removeDataset(known);
      }
      return sum;
    },
    async replace(datasetId, dialogues) {
      if (dialogues.length === 0) {
        if (datasetId !== undefined) await client.removeDataset(datasetId);
        return undefined;
      }
      const known = datasetId ?? (await create());
      await client.sendLines(known, toJsonLines(dialogues), "replace", language);
      return known;
    },
  };
}

function joined(sum: LinesUploadReply | undefined, next: LinesUploadReply): LinesUploadReply {
  if (sum === undefined) return next;
  return {
    kept: sum.kept + next.kept,
    total: next.total,
    skipped: [...sum.skipped, ...next.skipped].slice(0, limits.skippedNamedMax),
    skippedCount: sum.skippedCount + next.skippedCount,
  };
}
