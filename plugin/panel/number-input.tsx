import { TextInput } from "./controls.tsx";
import type { FieldProblem } from "./settings-form.ts";
import { useTexts } from "./texts.ts";

interface NumberInputProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: string;
  readonly problem: FieldProblem | undefined;
  readonly onChange: (text: string) => void;
  readonly testId: string;
}

/** A number that may be left to the trainer; says at once what it may be. */
export function NumberInput({ problem, ...rest }: NumberInputProps) {
  const t = useTexts();
  const say = problem?.whole ? t.train.whole : t.train.number;
  return <TextInput {...rest} problem={problem && say(problem.low, problem.high)} placeholder={t.train.auto} numeric />;
}
