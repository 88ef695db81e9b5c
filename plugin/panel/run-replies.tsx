import { useId } from "react";
import type { JobState } from "../../service/protocol/index.ts";
import { Section } from "./controls.tsx";
import { replyRows, replySteps } from "./reply-rows.ts";
import { useTexts } from "./texts.ts";

interface RepliesProps {
  readonly job: JobState;
  readonly chosen: number | undefined;
  readonly onChoose: (step: number) => void;
}

/** What the voice answered before it learned anything and at a save, side by side: the person chooses by ear. */
export function RunReplies({ job, chosen, onChoose }: RepliesProps) {
  const t = useTexts();
  const name = useId();
  const replies = [...job.replies];
  const saved = new Set(job.savedSteps);
  const steps = replySteps(replies, saved);
  // Without held-out lines nobody has measured which is best.
  const bestStep = job.validationSteps.length > 0 ? job.bestStep : undefined;
  // While nothing is chosen, the newest is what one waits for.
  const shown = chosen ?? steps.at(-1);
  const rows = replyRows(replies, shown);
  return (
    <Section title={t.voice.replies} testId="replies">
      {rows.length === 0 && <p className="an-hint">{t.voice.repliesEmpty}</p>}
      {steps.length > 0 && (
        <div className="an-steps" role="radiogroup" aria-label={t.voice.replies}>
          {steps.map((step) => (
            <label key={step} className="an-step" data-shown={step === shown} data-testid={`sample-${step}`}>
              <input
                type="radio"
                name={name}
                disabled={!saved.has(step)}
                checked={chosen === step}
                onChange={() => onChoose(step)}
                aria-label={t.run.choose(step)}
              />
              <span className="an-number">{t.run.sampleAt(step)}</span>
              {step === bestStep && (
                <span className="an-badge" title={t.run.bestHint}>
                  {t.run.best}
                </span>
              )}
            </label>
          ))}
        </div>
      )}
      <ul className="an-replies">
        {rows.map(({ prompt, before, after }, index) => (
          <li key={index} data-testid={`reply-${index}`}>
            <p className="an-asked" dir="auto">
              {prompt}
            </p>
            <div className="an-versus">
              <Said title={t.voice.before} text={before} />
              <Said title={shown === undefined ? t.voice.after : t.run.sampleAt(shown)} text={after} isNew />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

interface SaidProps {
  readonly title: string;
  readonly text: string | undefined;
  readonly isNew?: boolean;
}

function Said({ title, text, isNew = false }: SaidProps) {
  const t = useTexts();
  const words = text === undefined ? t.voice.notYet : text.trim() === "" ? t.voice.silence : text;
  return (
    <div className={isNew ? "an-said an-new" : "an-said"}>
      <small>{title}</small>
      <blockquote dir="auto" data-blank={text === undefined || text.trim() === ""}>
        {words}
      </blockquote>
    </div>
  );
}
