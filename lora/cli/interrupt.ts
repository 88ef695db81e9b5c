/** The first Ctrl-C asks for an orderly end; a second one ends the process as if nobody had listened. */
export function interruptible(): { signal: AbortSignal; caught(): NodeJS.Signals | undefined; release(): void } {
  const abort = new AbortController();
  let caught: NodeJS.Signals | undefined;
  const signals = ["SIGINT", "SIGTERM"] as const;
  const onSignal = (name: NodeJS.Signals) => {
    caught ??= name;
    release();
    abort.abort();
  };
  const release = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  for (const name of signals) process.on(name, onSignal);
  return { signal: abort.signal, caught: () => caught, release };
}
