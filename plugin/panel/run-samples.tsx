import { useEffect, useId, useRef } from "react";
import type { JobState, SampleState } from "../../service/protocol/index.ts";
import { Section } from "./controls.tsx";
import { useTexts } from "./texts.ts";
import { Thumb } from "./thumb.tsx";

/** Samples in columns by step, rows by prompt; steps without either are not there. */
export function sampleColumns(
  samples: Iterable<Pick<SampleState, "step" | "index" | "sha256" | "prompt">>,
  savedSteps: Iterable<number>,
): { readonly step: number; readonly saved: boolean; readonly pictures: { sha256: string; prompt: string }[] }[] {
  const saved = new Set(savedSteps);
  const all = [...samples];
  const steps = [...new Set([...saved, ...all.map(({ step }) => step)])].toSorted((a, b) => a - b);
  return steps.map((step) => ({
    step,
    saved: saved.has(step),
    pictures: all
      .filter((sample) => sample.step === step)
      .toSorted((a, b) => a.index - b.index)
      .map(({ sha256, prompt }) => ({ sha256, prompt })),
  }));
}

interface SamplesProps {
  readonly job: JobState;
  readonly chosen: number | undefined;
  readonly onChoose: (step: number) => void;
}

/** What the module drew at each save, side by side: the person chooses by eye. */
export function RunSamples({ job, chosen, onChoose }: SamplesProps) {
  const t = useTexts();
  const name = useId();
  const strip = useRef<HTMLDivElement>(null);
  const columns = sampleColumns(job.samples, job.savedSteps);
  // Without held-out pictures nobody has measured which is best.
  const bestStep = job.validationSteps.length > 0 ? job.bestStep : undefined;
  const count = columns.length;
  // The newest is what one waits for.
  useEffect(() => {
    strip.current?.scrollTo({ left: strip.current.scrollWidth });
  }, [count]);
  return (
    <Section title={t.run.samples} testId="samples">
      {count === 0 ? (
        <p className="an-hint">{t.run.samplesEmpty}</p>
      ) : (
        <div className="an-strip" role="radiogroup" aria-label={t.run.samples} ref={strip}>
          {columns.map(({ step, saved, pictures }) => (
            <label key={step} className="an-sample" data-testid={`sample-${step}`}>
              <input
                type="radio"
                name={name}
                disabled={!saved}
                checked={chosen === step}
                onChange={() => onChoose(step)}
                aria-label={t.run.choose(step)}
              />
              {pictures.map(({ sha256, prompt }, index) => (
                <Thumb key={index} sha256={sha256} alt={`${t.run.sampleAt(step)}: ${prompt}`} />
              ))}
              {pictures.length === 0 && <Thumb sha256="" alt={t.run.noSample} />}
              <span className="an-row an-spread">
                <span className="an-number">{t.run.sampleAt(step)}</span>
                {step === bestStep && (
                  <span className="an-badge" title={t.run.bestHint}>
                    {t.run.best}
                  </span>
                )}
              </span>
            </label>
          ))}
        </div>
      )}
    </Section>
  );
}
