/** The lines the benchmark prints. */
import type { Result } from "./job.ts";

export interface Pair {
  readonly ours: Result;
  /** Absent without a reference. */
  readonly theirs: Result | undefined;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Three significant digits, never an exponent. */
function amount(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.01))));
  return value.toFixed(Math.min(digits, 2));
}

/** "label   ours unit   theirs unit   ratio (lowest–highest)"; a ratio is that of a pair of neighbouring runs. */
export function formatRow(
  label: string,
  unit: string,
  pairs: readonly Pair[],
  valueOf: (result: Result) => number,
): string {
  const column = (text: string) => text.padStart(12);
  const mine = median(pairs.map((pair) => valueOf(pair.ours)));
  const line = label.padEnd(48) + column(`${amount(mine)} ${unit}`);
  const compared = pairs.flatMap(({ ours, theirs }) => (theirs ? [[valueOf(ours), valueOf(theirs)] as const] : []));
  if (compared.length === 0) return line;
  const other = median(compared.map(([, value]) => value));
  const ratios = compared.map(([a, b]) => a / b);
  const range = `(${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
  return `${line}${column(`${amount(other)} ${unit}`)}${column(median(ratios).toFixed(2))} ${range}`;
}
