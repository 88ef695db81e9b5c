import { mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pino, type Logger } from "pino";

/** At a start, a log this long becomes `<name>.1` and a new one begins. */
const LOG_BYTES_MAX = 16 * 2 ** 20;

/** Written line by line at once: the last lines before a crash are the ones that matter. Tokens never reach the log. */
export function openLog(path: string): Logger {
  if (path !== "-") {
    mkdirSync(dirname(path), { recursive: true });
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  }
  const destination = pino.destination(path === "-" ? { fd: 1, sync: true } : { dest: path, append: true, sync: true });
  return pino({ base: { pid: process.pid }, redact: ["token", "*.token", "headers.authorization"] }, destination);
}

/** What Colyseus logs to: like the console, it takes any number of values. */
export function colyseusLogger(
  log: Logger,
): Record<"debug" | "error" | "info" | "trace" | "warn", (...args: unknown[]) => void> {
  const child = log.child({ part: "rooms" });
  const line = (args: unknown[]): string =>
    args.map((each) => (each instanceof Error ? each.stack : String(each))).join(" ");
  return {
    debug: (...args) => child.debug(line(args)),
    error: (...args) => child.error(line(args)),
    info: (...args) => child.info(line(args)),
    trace: (...args) => child.trace(line(args)),
    warn: (...args) => child.warn(line(args)),
  };
}
