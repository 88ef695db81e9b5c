import { useState } from "react";
import { displayName, limits } from "../../service/protocol/index.ts";
import { Button, Check, Fold, Problem, Section, TextInput } from "./controls.tsx";
import { firstQuestions } from "./dialogues.ts";
import type { PanelNode } from "./host.ts";
import { useAction, useHost, useStudio, useTag } from "./hooks.ts";
import { NumberFields } from "./number-fields.tsx";
import { samplePromptsOf, usableName, type FieldProblem } from "./settings-form.ts";
import { useTexts } from "./texts.ts";
import { useDialogues, type NodeDialogues } from "./use-dialogues.ts";
import { readVoiceForm, suggestedVoiceForm, type VoiceFieldName, type VoiceForm } from "./voice-form.ts";
import { LinesSection } from "./voice-lines.tsx";

interface PrepareProps {
  readonly node: PanelNode;
  readonly onStarted: (jobId: string) => void;
}

/** From lines to the start of a voice's training. */
export function VoicePrepare({ node, onStarted }: PrepareProps) {
  const lines = useDialogues(node);
  const { tag } = useTag(node);
  return (
    <div className="an-stack">
      <LinesSection lines={lines} name={tag.voice?.name || node.name} />
      {lines.complete > 0 && <StartSection node={node} lines={lines} onStarted={onStarted} />}
    </div>
  );
}

const SAMPLE_PROMPTS_SUGGESTED = 3;

/** What a person changed; the rest follows the lines until they do. */
interface Changes {
  readonly name?: string;
  readonly samplePrompts?: string;
  readonly form?: VoiceForm;
}

/** The fields with what they mean: untouched ones follow the node and its lines. */
function useStartForm(node: PanelNode, lines: NodeDialogues) {
  const [changes, setChanges] = useState<Changes>({});
  const { voiceStepsPerLine } = useStudio();
  const suggested = suggestedVoiceForm(lines.complete, voiceStepsPerLine);
  const form = changes.form ?? suggested;
  const change = (next: Changes): void => setChanges((now) => ({ ...now, ...next }));
  const questions = firstQuestions(lines.dialogues ?? [], SAMPLE_PROMPTS_SUGGESTED);
  return {
    name: changes.name ?? usableName(`${node.name} voice`),
    samplePrompts: changes.samplePrompts ?? questions.join("\n"),
    form,
    ...readVoiceForm(form),
    change,
    reset: changes.form && (() => change({ form: suggested })),
  };
}

function StartSection({ node, lines, onStarted }: PrepareProps & { readonly lines: NodeDialogues }) {
  const t = useTexts();
  const { studio } = useHost();
  const { voiceBase } = useStudio();
  const { tag } = useTag(node);
  const action = useAction();
  const { name, samplePrompts, form, settings, problems, change, reset } = useStartForm(node, lines);
  const nameFits = displayName.safeParse(name).success;
  const blocked = !nameFits || Object.keys(problems).length > 0;

  const start = (): void =>
    action.run(async () => {
      const datasetId = await lines.flush();
      const { jobId } = await studio.request("voice.train", {
        datasetId: datasetId!,
        nodeId: node.id,
        name: name.trim(),
        settings,
        persona: tag.voice?.persona ?? "",
        samplePrompts: samplePromptsOf(samplePrompts, limits.sayCharsMax),
      });
      onStarted(jobId);
    });

  return (
    <Section title={t.train.settings} testId="settings">
      <TextInput
        label={t.train.name}
        value={name}
        onChange={(text) => change({ name: text })}
        problem={nameFits ? undefined : t.train.nameInvalid}
        max={limits.nameCharsMax}
        testId="train-name"
      />
      <TextInput
        label={t.train.samplePrompts}
        value={samplePrompts}
        onChange={(text) => change({ samplePrompts: text })}
        hint={t.voice.sampleHint}
        rows={3}
        testId="sample-prompts"
      />
      <VoiceFields form={form} problems={problems} onChange={(next) => change({ form: next })} onReset={reset} />
      <Problem action={action} />
      <div className="an-start">
        <span className="an-hint">
          {blocked ? t.train.fixFields : t.voice.startHint(lines.complete, settings.steps ?? 0)}
        </span>
        <Button
          look="primary"
          onClick={start}
          busy={action.busy}
          disabled={blocked || voiceBase === ""}
          testId="start-training"
        >
          {action.busy ? t.train.starting : t.train.start}
        </Button>
      </div>
    </Section>
  );
}

interface FieldsProps {
  readonly form: VoiceForm;
  readonly problems: Partial<Record<VoiceFieldName, FieldProblem>>;
  readonly onChange: (form: VoiceForm) => void;
  /** Back to the suggestion; undefined where the form is as suggested. */
  readonly onReset: (() => void) | undefined;
}

/** How many steps, and everything else behind "Advanced". */
function VoiceFields({ form, problems, onChange, onReset }: FieldsProps) {
  const t = useTexts();
  const fields = {
    numbers: form.numbers,
    problems,
    labels: { ...t.train, batchSize: t.voice.batchSize, maxLength: t.voice.maxLength },
    hints: {
      steps: t.train.stepsHint,
      rank: t.voice.rankHint,
      alpha: t.train.alphaHint,
      learningRate: t.train.learningRateHint,
      maxLength: t.voice.maxLengthHint,
    },
    onChange: (numbers: VoiceForm["numbers"]) => onChange({ ...form, numbers }),
  };
  return (
    <>
      <NumberFields {...fields} names={["steps", "saveSteps"]} />
      <Fold title={t.train.advanced} open={Object.keys(problems).length > 0} testId="advanced">
        <NumberFields {...fields} names={["rank", "alpha", "learningRate", "batchSize", "maxLength", "seed"]} />
        <Check
          label={t.voice.validation}
          checked={form.validation}
          onChange={(validation) => onChange({ ...form, validation })}
        />
        <Check
          label={t.train.gradientCheckpointing}
          checked={form.gradientCheckpointing}
          onChange={(gradientCheckpointing) => onChange({ ...form, gradientCheckpointing })}
        />
        {onReset && (
          <Button look="quiet" icon="revert" onClick={onReset}>
            {t.voice.suggested}
          </Button>
        )}
      </Fold>
    </>
  );
}
