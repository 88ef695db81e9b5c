import { useState, type ReactNode } from "react";
import type { JobKind, JobState, JobStatus } from "../../service/protocol/index.ts";
import { BareSelect, Button } from "./controls.tsx";
import { formatWhen } from "./format.ts";
import type { PanelNode } from "./host.ts";
import { useStudio } from "./hooks.ts";
import { RunView } from "./run-view.tsx";
import { useLanguage, useTexts } from "./texts.ts";
import { TrainPrepare } from "./train-prepare.tsx";

type TrainingKind = Exclude<JobKind, "draw">;

/** Trainings of a node, newest first. */
export function runsOf(jobs: Iterable<JobState>, nodeId: string, kind: TrainingKind): JobState[] {
  return [...jobs]
    .filter((job) => job.kind === kind && job.nodeId === nodeId)
    .toSorted((a, b) => b.createdAt - a.createdAt);
}

const NEW = "";

/** "Train this NPC" from pictures. */
export function TrainTab({ node, onGenerate }: { readonly node: PanelNode; readonly onGenerate: () => void }) {
  return (
    <Runs
      node={node}
      kind="train"
      prepare={(onStarted) => <TrainPrepare node={node} onStarted={onStarted} />}
      onUse={onGenerate}
    />
  );
}

interface RunsProps {
  readonly node: PanelNode;
  readonly kind: TrainingKind;
  readonly prepare: (onStarted: (jobId: string) => void) => ReactNode;
  /** Where to go with what was trained. */
  readonly onUse: () => void;
}

/** A new training, or one that runs or ran. */
export function Runs({ node, kind, prepare, onUse }: RunsProps) {
  const t = useTexts();
  const language = useLanguage();
  const runs = runsOf(useStudio().jobs.values(), node.id, kind);
  const [wanted, setWanted] = useState<string>();
  // A run just started may not have arrived in the state: it is shown as soon as it does.
  const shown = wanted === NEW ? undefined : (runs.find(({ id }) => id === wanted) ?? runs[0]);
  return (
    <div className="an-stack">
      {runs.length > 0 && (
        <div className="an-row">
          <BareSelect
            label={t.train.runs}
            value={shown?.id ?? NEW}
            options={[
              [NEW, t.train.newRun],
              ...runs.map((run) => {
                const words = [t.run.statuses[run.status as JobStatus], formatWhen(run.createdAt, language)];
                return [run.id, t.train.runName(run.name, words.filter(Boolean).join(" · "))] as const;
              }),
            ]}
            onChange={setWanted}
            testId="run-select"
          />
          {shown && (
            <Button
              look="quiet"
              icon="plus"
              label={t.train.newRun}
              onClick={() => setWanted(NEW)}
              testId="new-training"
            />
          )}
        </div>
      )}
      {shown === undefined ? (
        prepare(setWanted)
      ) : (
        <RunView key={shown.id} job={shown} node={node} onAgain={() => setWanted(NEW)} onUse={onUse} />
      )}
    </div>
  );
}
