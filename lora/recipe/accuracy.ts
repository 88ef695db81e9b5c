/** How often an attribute was told right. */
export interface Accuracy {
  /** Share of the answers that are right; NaN where there are none. */
  readonly top1: number;
  /** Mean over the values, so that a frequent "none" does not hide what is missed. */
  readonly meanOverValues: number;
  /** What always saying the most frequent value would reach. */
  readonly mostFrequent: number;
  readonly count: number;
}

/** Right answers and all, by the value that was to be told. */
export class Tally {
  private readonly cells = new Map<string, { right: number; all: number }>();

  add(value: string, isRight: boolean): void {
    const { right, all } = this.cells.get(value) ?? { right: 0, all: 0 };
    this.cells.set(value, { right: right + Number(isRight), all: all + 1 });
  }

  get accuracy(): Accuracy {
    const cells = [...this.cells.values()];
    const count = cells.reduce((sum, { all }) => sum + all, 0);
    return {
      top1: cells.reduce((sum, { right }) => sum + right, 0) / count,
      meanOverValues: cells.reduce((sum, { right, all }) => sum + right / all, 0) / cells.length,
      mostFrequent: Math.max(...cells.map(({ all }) => all)) / count,
      count,
    };
  }
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** One line per attribute, under a head. */
export function printAccuracy(rows: Iterable<readonly [string, Accuracy]>): void {
  console.log("attribute       top-1   mean over values   most frequent   pictures");
  for (const [name, { top1, meanOverValues, mostFrequent, count }] of rows) {
    const shares = [
      percent(top1).padStart(6),
      percent(meanOverValues).padStart(14),
      percent(mostFrequent).padStart(18),
    ];
    console.log(`${name.padEnd(14)} ${shares.join(" ")} ${String(count).padStart(10)}`);
  }
}
