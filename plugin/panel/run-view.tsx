import { useEffect, useMemo, useRef, useState } from "react";
import { failureText } from "../core/index.ts";
import type { JobState, JobStatus } from "../../service/protocol/index.ts";
import { Button, ConfirmButton, Fold, Notice, Problem, Progress } from "./controls.tsx";
import { pointsOf } from "./curve.ts";
import { formatDuration, formatLoss, formatNumber } from "./format.ts";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio } from "./hooks.ts";
import { LossChart } from "./loss-chart.tsx";
import { isVoice, RunPublish } from "./run-publish.tsx";
import { RunReplies } from "./run-replies.tsx";
import { RunSamples } from "./run-samples.tsx";
import { useLanguage, useTexts } from "./texts.ts";

interface RunProps {
  readonly job: JobState;
  readonly node: PanelNode;
  readonly onAgain: () => void;
  /** Where to go with what was trained. */
  readonly onUse: () => void;
}

/** A training: live while it runs, and what came of it. */
export function RunView({ job, node, onAgain, onUse }: RunProps) {
  const [picked, setPicked] = useState<number>();
  const saved = [...job.savedSteps];
  const fallback = saved.includes(job.bestStep) ? job.bestStep : saved.at(-1);
  const ended = job.status === "done" || job.status === "failed" || job.status === "cancelled";
  const Results = isVoice(job) ? RunReplies : RunSamples;
  // While it trains nothing is chosen by itself: the best is still to come.
  const chosen = picked ?? (ended ? fallback : undefined);
  return (
    <div className="an-stack">
      <RunHead job={job} />
      <RunActions job={job} onAgain={onAgain} />
      <RunCurve job={job} saved={saved} />
      <Results job={job} chosen={chosen} onChoose={setPicked} />
      {(ended || picked !== undefined) && saved.length > 0 && (
        <RunPublish key={job.id} job={job} node={node} step={chosen} onUse={onUse} />
      )}
      <RunLog job={job} />
    </div>
  );
}

function RunHead({ job }: { readonly job: JobState }) {
  const t = useTexts();
  const language = useLanguage();
  const status = job.status as JobStatus;
  const live = status === "running" || status === "queued";
  const share = job.steps > 0 && job.step > 0 ? job.step / job.steps : undefined;
  const words = live ? (t.run.phases[job.phase] ?? (job.phase || t.run.statuses[status])) : t.run.statuses[status];
  const facts: readonly (readonly [string, string, string])[] = [
    ["step", t.run.step, t.run.stepOf(job.step, job.steps)],
    ["loss", t.run.loss, job.step > 0 ? formatLoss(job.loss) : "–"],
    [
      "speed",
      isVoice(job) ? t.voice.speed : t.run.speed,
      job.imagesPerSecond > 0 ? formatNumber(job.imagesPerSecond) : "–",
    ],
    live
      ? ["left", t.run.left, job.secondsLeft > 0 ? formatDuration(job.secondsLeft, language) : "–"]
      : [
          "took",
          t.run.took,
          job.endedAt > job.startedAt ? formatDuration((job.endedAt - job.startedAt) / 1000, language) : "–",
        ],
  ];
  return (
    <div data-testid="job" data-status={status} data-job={job.id}>
      {live ? (
        <Progress label={words} share={share} testId="job-progress" />
      ) : (
        <Progress label={words} share={share ?? 0} detail="" testId="job-progress" />
      )}
      <dl className="an-facts">
        {facts.map(([id, label, value]) => (
          <div key={id}>
            <dt>{label}</dt>
            <dd className="an-number" data-testid={`fact-${id}`}>
              {value}
            </dd>
          </div>
        ))}
      </dl>
      {status === "failed" && (
        <Notice kind="error" title={t.run.failed} testId="job-error">
          {failureText(job.error, language)}
        </Notice>
      )}
      {status === "cancelled" && <Notice kind="info">{t.run.cancelled}</Notice>}
    </div>
  );
}

function RunActions({ job, onAgain }: Pick<RunProps, "job" | "onAgain">) {
  const t = useTexts();
  const { studio } = useHost();
  const action = useAction();
  const status = job.status as JobStatus;
  const live = status === "running" || status === "queued";
  const send = (type: "job.cancel" | "job.resume" | "job.remove"): void =>
    action.run(async () => void (await studio.request(type, { jobId: job.id })));
  return (
    <>
      <div className="an-row">
        {live && (
          <Button
            icon="close"
            label={t.run.cancelHint}
            onClick={() => send("job.cancel")}
            busy={action.busy}
            testId="cancel-job"
          >
            {t.run.cancel}
          </Button>
        )}
        {(status === "failed" || status === "cancelled") && (
          <Button look="primary" onClick={() => send("job.resume")} busy={action.busy} testId="resume-job">
            {t.run.resume}
          </Button>
        )}
        {!live && (
          <>
            <Button icon="plus" onClick={onAgain} testId="train-again">
              {t.run.trainAgain}
            </Button>
            <ConfirmButton onClick={() => send("job.remove")} testId="remove-job">
              {t.run.removeRun}
            </ConfirmButton>
          </>
        )}
      </div>
      <Problem action={action} />
    </>
  );
}

function RunCurve({ job, saved }: { readonly job: JobState; readonly saved: readonly number[] }) {
  const { revision } = useHost().studio;
  useStudio();
  // The arrays change in place: the revision says when to read them again.
  const losses = useMemo(() => pointsOf([...job.lossSteps], [...job.losses]), [job, revision]);
  const heldOut = useMemo(() => pointsOf([...job.validationSteps], [...job.validationLosses]), [job, revision]);
  return (
    <LossChart
      losses={losses}
      heldOut={heldOut}
      steps={job.steps}
      bestStep={heldOut.length > 0 ? job.bestStep : 0}
      savedSteps={saved}
    />
  );
}

function RunLog({ job }: { readonly job: JobState }) {
  const t = useTexts();
  const box = useRef<HTMLPreElement>(null);
  const lines = [...job.log];
  const count = lines.length;
  const last = lines.at(-1);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [count, last]);
  return (
    <Fold title={t.run.log} aside={count > 0 ? count : undefined} testId="log">
      <pre className="an-log" ref={box} tabIndex={0}>
        {count === 0 ? t.run.logEmpty : lines.join("\n")}
      </pre>
    </Fold>
  );
}
