import { homedir } from "node:os";
import { join } from "node:path";

/** What can be worked out again lies in the user's own cache folder. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: windows } = process.env;
  return join(xdg || windows || join(homedir(), ".cache"), "animula");
}
