/**
 * Preloaded into a worker (`node --import`): when the service is gone, so is the worker. An orphan would go on writing
 * into a job's folder while the restarted service runs the same job there.
 */
const GRACE_MS = 10_000;

process.once("disconnect", () => {
  // A training run saves a checkpoint on SIGTERM, so nothing is lost.
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), GRACE_MS).unref();
});
// The listener alone would keep a worker alive that has finished.
process.channel?.unref();
