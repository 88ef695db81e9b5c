import { useMemo, useState } from "react";
import { failureText } from "../core/index.ts";
import type { JobState, SlotKind } from "../../service/protocol/index.ts";
import { Button, Notice, Problem, Progress, Section } from "./controls.tsx";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useSlot, useStudio } from "./hooks.ts";
import { useApply } from "./slot-history.tsx";
import { useLanguage, useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

interface GridProps {
  readonly node: PanelNode;
  readonly kind: SlotKind;
  readonly wanted: { readonly id: string; readonly seeds: readonly number[] } | undefined;
}

/** One cell a seed, filled as the pictures come; the person chooses one and applies it. */
export function SeedGrid({ node, kind, wanted }: GridProps) {
  const t = useTexts();
  const language = useLanguage();
  const { studio } = useHost();
  const state = useStudio();
  const action = useAction();
  const [picked, setPicked] = useState<{ readonly seed: number; readonly sha256: string }>();
  /** Picture → the same, enlarged. */
  const [enlarged, setEnlarged] = useState<ReadonlyMap<string, string>>(new Map());
  const job: JobState | undefined = wanted && state.jobs.get(wanted.id);
  const samples = useMemo(
    () => new Map([...(job?.samples ?? [])].map(({ seed, sha256 }) => [seed, sha256])),
    [job, studio.revision],
  );
  if (wanted === undefined) return null;
  const { seeds } = wanted;
  const live = job === undefined || job.status === "queued" || job.status === "running";
  const chosen = picked !== undefined && samples.get(picked.seed) === picked.sha256 ? picked : undefined;

  return (
    <Section title={t.generate.grid} testId="seed-grid">
      {live && (
        <div className="an-row">
          <div className="an-grow">
            <DrawProgress job={job} done={samples.size} all={seeds.length} />
          </div>
          <Button
            look="quiet"
            icon="close"
            label={t.cancel}
            onClick={() => action.run(async () => void (await studio.request("job.cancel", { jobId: wanted.id })))}
            testId="cancel-draw"
          />
        </div>
      )}
      <Problem action={action} />
      {job?.status === "failed" && (
        <Notice kind="error" title={t.generate.failed}>
          {failureText(job.error, language)}
        </Notice>
      )}
      <div className="an-seeds" role="radiogroup" aria-label={t.generate.grid}>
        {seeds.map((seed) => (
          <SeedCell
            key={seed}
            seed={seed}
            sha256={samples.get(seed) ?? ""}
            enlarged={enlarged.get(samples.get(seed) ?? "")}
            waiting={live}
            checked={chosen?.seed === seed}
            onChoose={(sha256) => setPicked({ seed, sha256 })}
          />
        ))}
      </div>
      {samples.size > 0 && (
        <ApplyRow
          node={node}
          kind={kind}
          sha256={chosen?.sha256}
          enlarged={enlarged.get(chosen?.sha256 ?? "")}
          onEnlarged={(from, to) => setEnlarged((now) => new Map([...now, [from, to]]))}
        />
      )}
    </Section>
  );
}

function DrawProgress({
  job,
  done,
  all,
}: {
  readonly job: JobState | undefined;
  readonly done: number;
  readonly all: number;
}) {
  const t = useTexts();
  if (job === undefined || job.status === "queued")
    return <Progress label={t.generate.waiting} testId="draw-progress" />;
  const within = job.steps > 0 ? Math.min(1, job.step / job.steps) : undefined;
  const phase = t.run.phases[job.phase];
  const label = done === 0 && phase !== undefined ? phase : t.generate.drawing(done, all);
  return <Progress label={label} share={within ?? (done > 0 ? done / all : undefined)} testId="draw-progress" />;
}

interface CellProps {
  readonly seed: number;
  readonly sha256: string;
  readonly enlarged: string | undefined;
  readonly waiting: boolean;
  readonly checked: boolean;
  readonly onChoose: (sha256: string) => void;
}

function SeedCell({ seed, sha256, enlarged, waiting, checked, onChoose }: CellProps) {
  const t = useTexts();
  const pending = sha256 === "" && waiting;
  return (
    <label
      className={pending ? "an-seed an-pending" : "an-seed"}
      data-testid={`seed-${seed}`}
      data-ready={sha256 !== ""}
    >
      <input
        type="radio"
        name="an-seed"
        disabled={sha256 === ""}
        checked={checked}
        onChange={() => onChoose(sha256)}
        aria-label={sha256 === "" ? t.generate.pending(seed) : t.generate.seedAlt(seed)}
      />
      <Thumb sha256={enlarged ?? sha256} alt={sha256 === "" ? "" : t.generate.seedAlt(seed)} />
      {enlarged && <span className="an-badge an-corner">×4</span>}
      <span className="an-number">{seed}</span>
    </label>
  );
}

interface ApplyProps {
  readonly node: PanelNode;
  readonly kind: SlotKind;
  /** The chosen picture. */
  readonly sha256: string | undefined;
  /** The chosen picture four times as large, once it was made. */
  readonly enlarged: string | undefined;
  readonly onEnlarged: (sha256: string, enlarged: string) => void;
}

function ApplyRow({ node, kind, sha256: drawn, enlarged, onEnlarged }: ApplyProps) {
  const t = useTexts();
  const { studio } = useHost();
  const action = useAction();
  const enlarging = useAction();
  const apply = useApply(node, kind);
  const shown = useSlot(node.id, kind).sha256;
  const sha256 = enlarged ?? drawn;
  const applied = sha256 !== undefined && sha256 === shown;
  const enlarge = (of: string): void =>
    enlarging.run(async () => {
      const reply = await studio.request("upscale", { sha256: of, seamless: kind === "albedo" });
      onEnlarged(of, reply.sha256);
    });
  return (
    <>
      <p className="an-hint" role="status" data-testid="apply-state">
        {sha256 === undefined ? t.generate.pick : applied ? t.generate.applied : t.generate.applyHint}
      </p>
      <div className="an-row an-spread">
        <Button
          disabled={drawn === undefined || enlarged !== undefined}
          busy={enlarging.busy}
          onClick={() => enlarge(drawn!)}
          testId="upscale"
        >
          {t.generate.upscale}
        </Button>
        <Button
          look="primary"
          icon="check"
          disabled={sha256 === undefined || applied}
          busy={action.busy}
          onClick={() => action.run(() => apply({ sha256: sha256! }))}
          testId="apply"
        >
          {t.generate.apply}
        </Button>
      </div>
      <Problem action={action} />
      <Problem action={enlarging} />
    </>
  );
}
