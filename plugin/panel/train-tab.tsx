import { useState } from "react";
import type { JobState, JobStatus } from "../../service/protocol/index.ts";
import { BareSelect, Button } from "./controls.tsx";
import { formatWhen } from "./format.ts";
import type { PanelNode } from "./host.ts";
import { useStudio } from "./hooks.ts";
import { RunView } from "./run-view.tsx";
import { useLanguage, useTexts } from "./texts.ts";
import { TrainPrepare } from "./train-prepare.tsx";

/** Trainings of a node, newest first. */
export function runsOf(jobs: Iterable<JobState>, nodeId: string): JobState[] {
  return [...jobs]
    .filter((job) => job.kind === "train" && job.nodeId === nodeId)
    .toSorted((a, b) => b.createdAt - a.createdAt);
}

const NEW = "";

/** "Train this NPC": a new training, or one that runs or ran. */
export function TrainTab({ node, onGenerate }: { readonly node: PanelNode; readonly onGenerate: () => void }) {
  const t = useTexts();
  const language = useLanguage();
  const runs = runsOf(useStudio().jobs.values(), node.id);
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
        <TrainPrepare node={node} onStarted={setWanted} />
      ) : (
        <RunView key={shown.id} job={shown} node={node} onAgain={() => setWanted(NEW)} onGenerate={onGenerate} />
      )}
    </div>
  );
}
