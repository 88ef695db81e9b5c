import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { DatasetReply, DatasetState, ReportReply } from "../../service/protocol/index.ts";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, type Action } from "./hooks.ts";
import { useLanguage } from "./texts.ts";

export interface NodeDatasets {
  /** Sets made for the node, newest first. */
  readonly sets: readonly DatasetState[];
  /** The chosen one with its pictures, once they are here. */
  readonly dataset: DatasetReply | undefined;
  readonly datasetId: string | undefined;
  readonly choose: (id: string | undefined) => void;
  /** Takes a newer answer of the service. */
  readonly accept: (dataset: DatasetReply) => void;
  readonly reload: () => Promise<void>;
  readonly action: Action;
}

/** The picture sets of a node, and the one a person works on. */
export function useDatasets(node: PanelNode): NodeDatasets {
  const { client } = useHost();
  const { datasets } = useStudio();
  const action = useAction();
  // null: a new, empty set.
  const [chosen, setChosen] = useState<string | null>();
  const [dataset, setDataset] = useState<DatasetReply>();
  const sets = [...datasets.values()]
    .filter(({ nodeId, kind }) => nodeId === node.id && kind === "picture")
    .toSorted((a, b) => b.createdAt - a.createdAt);
  const datasetId = chosen === null ? undefined : (chosen ?? sets[0]?.id);
  const revision = datasetId === undefined ? 0 : (datasets.get(datasetId)?.revision ?? 0);

  const wanted = useRef(datasetId);
  wanted.current = datasetId;
  const accept = useCallback((reply: DatasetReply) => {
    if (reply.id !== wanted.current) return;
    setDataset((old) => (old?.id === reply.id && old.revision > reply.revision ? old : reply));
  }, []);
  const reload = useCallback(async () => {
    if (datasetId !== undefined) accept(await client.dataset(datasetId));
  }, [client, datasetId, accept]);

  const { run } = action;
  useEffect(() => {
    if (datasetId !== undefined) run(reload);
  }, [datasetId, revision, reload, run]);

  const choose = useCallback((id: string | undefined) => setChosen(id ?? null), []);
  const shown = useMemo(() => (dataset?.id === datasetId ? inOrder(dataset) : undefined), [dataset, datasetId]);
  return { sets, dataset: shown, datasetId, choose, accept, reload, action };
}

/** Pictures by name: img2 before img10, however the uploads overtook each other. */
function inOrder(dataset: DatasetReply | undefined): DatasetReply | undefined {
  if (dataset === undefined) return undefined;
  const byName = (a: { name: string }, b: { name: string }): number =>
    a.name.localeCompare(b.name, undefined, { numeric: true });
  return { ...dataset, images: dataset.images.toSorted(byName) };
}

export interface Captions {
  /** As typed, saved or not. */
  readonly captionOf: (imageId: string) => string;
  readonly set: (changes: Readonly<Record<string, string>>) => void;
  /** Saves what is unsaved; rejects if that fails, and keeps it. */
  readonly flush: () => Promise<void>;
  readonly unsaved: boolean;
  readonly action: Action;
}

/** Keeps requests below the largest JSON body. */
const CAPTIONS_PER_REQUEST = 200;

/** Captions of a data set: typed ones are saved when the person pauses, and survive a failed save. */
export function useCaptions(dataset: DatasetReply | undefined, accept: (reply: DatasetReply) => void): Captions {
  const { client } = useHost();
  const action = useAction();
  const [edits, setEdits] = useState<Readonly<Record<string, string>>>({});
  const latest = useRef({ dataset, edits });
  latest.current = { dataset, edits };
  const saved = useMemo(() => new Map(dataset?.images.map(({ id, caption }) => [id, caption])), [dataset]);

  const flush = useCallback(async () => {
    const { dataset: of, edits: all } = latest.current;
    const entries = Object.entries(all);
    if (of === undefined) return;
    for (let at = 0; at < entries.length; at += CAPTIONS_PER_REQUEST) {
      const part = entries.slice(at, at + CAPTIONS_PER_REQUEST);
      accept(await client.setCaptions(of.id, Object.fromEntries(part)));
      // What was typed meanwhile stays unsaved.
      setEdits((now) => Object.fromEntries(Object.entries(now).filter(([id, text]) => all[id] !== text)));
    }
  }, [client, accept]);

  const { run } = action;
  useEffect(() => {
    if (Object.keys(edits).length === 0) return;
    const timer = setTimeout(() => run(flush), 800);
    return () => clearTimeout(timer);
  }, [edits, flush, run]);
  // Leaving the tab must not lose the last words.
  useEffect(() => () => void flush().catch(() => {}), [flush]);

  return {
    captionOf: (imageId) => edits[imageId] ?? saved.get(imageId) ?? "",
    set: (changes) => setEdits((now) => ({ ...now, ...changes })),
    flush,
    unsaved: Object.keys(edits).length > 0,
    action,
  };
}

/** The quality report of a data set; asked for again when pictures or captions changed and nobody is busy with them. */
export function useReport(dataset: DatasetReply | undefined, paused: boolean) {
  const { client } = useHost();
  const language = useLanguage();
  const action = useAction();
  const [report, setReport] = useState<{ readonly of: string; readonly reply: ReportReply }>();
  const id = dataset?.id;
  const revision = dataset?.revision;
  const empty = (dataset?.images.length ?? 0) === 0;
  const { run } = action;
  useEffect(() => {
    if (id === undefined || empty || paused) return;
    let stale = false;
    const timer = setTimeout(() => {
      run(async () => {
        const reply = await client.report(id, language);
        if (!stale) setReport({ of: id, reply });
      });
    }, 500);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [client, id, revision, empty, paused, language, run]);
  return { report: !empty && report?.of === id ? report?.reply : undefined, action };
}
