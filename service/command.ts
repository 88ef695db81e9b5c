/** `node service/main.ts [--port …]` runs the service; `node service/main.ts token --name Ada` prints an editor's token. */
import { Access } from "./access/index.ts";
import { loadConfig } from "./config.ts";
import { ServiceError } from "./protocol/index.ts";
import type { Service } from "./service.ts";

/** Ends the process itself where it fails. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  try {
    await (first === "token" ? printToken(rest) : runUntilStopped(args));
  } catch (error) {
    process.stderr.write(`Animula cannot start. ${await explain(error)}\n`);
    process.exit(1);
  }
}

async function runUntilStopped(args: readonly string[]): Promise<void> {
  const config = loadConfig(args, process.env);
  // The engine and the database come in only when the settings are known to be good.
  const [{ openLog }, { startService }, { blockOtherLoaders }] = await Promise.all([
    import("./log.ts"),
    import("./service.ts"),
    import("./library/index.ts"),
  ]);
  blockOtherLoaders();
  const log = openLog(config.log);
  const now: { service?: Service; stopping?: boolean } = {};
  const stop = async (exitCode: number): Promise<void> => {
    if (now.stopping) return;
    now.stopping = true;
    // Before it is up there is nothing to lose: what a start leaves half-done, the next one does anew.
    await now.service?.close();
    process.exit(exitCode);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));
  const fail = async (event: string, error: unknown): Promise<void> => {
    log.fatal({ err: error }, event);
    process.stderr.write(`Animula ends. ${await explain(error)}\n`);
    await stop(1);
  };
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error: unknown) => void fail(event, error));
  now.service = await startService(config, log);
  if (config.log !== "-") process.stdout.write(`Animula is ready: ${now.service.url}\n`);
}

async function printToken(args: readonly string[]): Promise<void> {
  const at = args.indexOf("--name");
  const name = at < 0 ? "editor" : args[at + 1];
  const rest = at < 0 ? args : args.toSpliced(at, 2);
  const { token } = await Access.open(loadConfig(rest, process.env)).issue({ role: "editor", name });
  process.stdout.write(`${token}\n`);
}

/** What a person at a terminal reads. */
async function explain(error: unknown): Promise<string> {
  if (error instanceof ServiceError) return error.message;
  const { AnimulaError } = await import("../lora/index.ts");
  if (error instanceof AnimulaError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
