/** What a voice answered to the sample prompts at each save: pure, so that it can be tested without a browser. */

export interface StepReply {
  readonly step: number;
  /** Which of the prompts. */
  readonly index: number;
  readonly prompt: string;
  readonly text: string;
}

export interface ReplyRow {
  readonly prompt: string;
  /** What the base answered before it learned anything; undefined while nobody asked. */
  readonly before: string | undefined;
  /** What it answers at the chosen step. */
  readonly after: string | undefined;
}

/** Steps with replies or a saved module, in order, without step 0. */
export function replySteps(replies: Iterable<StepReply>, savedSteps: Iterable<number>): number[] {
  const steps = new Set([...savedSteps, ...[...replies].map(({ step }) => step)]);
  steps.delete(0);
  return [...steps].toSorted((a, b) => a - b);
}

/** One row a prompt: before anything was learned, and at `step`. */
export function replyRows(replies: Iterable<StepReply>, step: number | undefined): ReplyRow[] {
  const all = [...replies];
  const count = Math.max(0, ...all.map(({ index }) => index + 1));
  return Array.from({ length: count }, (_, index) => {
    const own = all.filter((reply) => reply.index === index);
    return {
      prompt: own[0]?.prompt ?? "",
      before: own.find((reply) => reply.step === 0)?.text,
      after: own.find((reply) => reply.step === step)?.text,
    };
  });
}
