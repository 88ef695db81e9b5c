import { NumberInput } from "./number-input.tsx";
import type { FieldProblem } from "./settings-form.ts";

interface NumberFieldsProps<Name extends string> {
  readonly names: readonly Name[];
  /** As typed. */
  readonly numbers: Readonly<Record<Name, string>>;
  readonly problems: Partial<Record<Name, FieldProblem>>;
  readonly labels: Readonly<Record<Name, string>>;
  readonly hints: Partial<Record<Name, string>>;
  readonly onChange: (numbers: Readonly<Record<Name, string>>) => void;
}

/** "saveSteps" → "save-steps" */
const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Numbers of a training's settings, side by side. */
export function NumberFields<Name extends string>(props: NumberFieldsProps<Name>) {
  const { names, numbers, problems, labels, hints, onChange } = props;
  return (
    <div className="an-columns">
      {names.map((name) => (
        <NumberInput
          key={name}
          label={labels[name]}
          value={numbers[name]}
          onChange={(text) => onChange({ ...numbers, [name]: text })}
          hint={hints[name]}
          problem={problems[name]}
          testId={`setting-${dashed(name)}`}
        />
      ))}
    </div>
  );
}
