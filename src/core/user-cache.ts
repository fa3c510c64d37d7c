import { homedir } from "node:os";
import { join } from "node:path";

/** Our folder in the user's cache, which all projects and checkouts share. */
export function userCache(env: NodeJS.ProcessEnv): string {
  const cache =
    process.platform === "win32"
      ? (env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"))
      : env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "disease");
}
