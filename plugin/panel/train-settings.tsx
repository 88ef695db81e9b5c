import { trainTargets } from "../../service/protocol/index.ts";
import { Button, Check, Fold } from "./controls.tsx";
import { NumberFields } from "./number-fields.tsx";
import { type FieldProblem, type NumberFieldName, type SettingsForm, type TrainTarget } from "./settings-form.ts";
import { useTexts } from "./texts.ts";

interface SettingsProps {
  readonly form: SettingsForm;
  readonly problems: Partial<Record<NumberFieldName, FieldProblem>>;
  readonly onChange: (form: SettingsForm) => void;
  /** Back to the suggestion; undefined where the form is as suggested. */
  readonly onReset: (() => void) | undefined;
}

/** How many steps, and everything else behind "Advanced". */
export function SettingsFields({ form, problems, onChange, onReset }: SettingsProps) {
  const t = useTexts();
  const fields = {
    numbers: form.numbers,
    problems,
    labels: t.train,
    hints: {
      steps: t.train.stepsHint,
      rank: t.train.rankHint,
      alpha: t.train.alphaHint,
      learningRate: t.train.learningRateHint,
      captionDropout: t.train.captionDropoutHint,
    },
    onChange: (numbers: SettingsForm["numbers"]) => onChange({ ...form, numbers }),
  };
  return (
    <>
      <NumberFields {...fields} names={["steps", "saveSteps"]} />
      <Fold title={t.train.advanced} open={Object.keys(problems).length > 0} testId="advanced">
        <NumberFields {...fields} names={["rank", "alpha", "learningRate", "batchSize", "captionDropout", "seed"]} />
        <Toggles form={form} onChange={onChange} />
        {onReset && (
          <Button look="quiet" icon="revert" onClick={onReset}>
            {t.train.suggested}
          </Button>
        )}
      </Fold>
    </>
  );
}

function Toggles({ form, onChange }: Pick<SettingsProps, "form" | "onChange">) {
  const t = useTexts();
  const toggle = (target: TrainTarget, on: boolean): void => {
    const rest = form.targets.filter((each) => each !== target);
    onChange({ ...form, targets: on ? [...rest, target] : rest });
  };
  return (
    <>
      <fieldset className="an-group">
        <legend>
          {t.train.targets} {form.targets.length === 0 && <small>{t.train.auto}</small>}
        </legend>
        <div className="an-row">
          {trainTargets.map((target) => (
            <Check
              key={target}
              label={t.train.targetNames[target]}
              checked={form.targets.includes(target)}
              onChange={(on) => toggle(target, on)}
            />
          ))}
        </div>
      </fieldset>
      <Check
        label={t.train.validation}
        checked={form.validation ?? false}
        onChange={(validation) => onChange({ ...form, validation })}
        testId="setting-validation"
      />
      <Check
        label={t.train.flip}
        hint={t.train.flipHint}
        checked={form.flip}
        onChange={(flip) => onChange({ ...form, flip })}
      />
      <Check
        label={t.train.gradientCheckpointing}
        checked={form.gradientCheckpointing}
        onChange={(gradientCheckpointing) => onChange({ ...form, gradientCheckpointing })}
      />
    </>
  );
}
