/** Where the native libraries of this user are. */
import { join } from "node:path";
import { userCache } from "../core/user-cache.ts";
import type { EngineSource, Wheel } from "./wheels.ts";

/** DISEASE_ENGINES, else a per-user cache folder shared by all checkouts. */
export function enginesHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.DISEASE_ENGINES) return env.DISEASE_ENGINES;
  return join(userCache(env), "engines");
}

export function engineFolder(source: EngineSource, platform: string): string {
  return join(enginesHome(), `${source.id}-${source.version}-${platform}`);
}

export function libraryPath(source: EngineSource, wheel: Wheel, platform: string): string {
  return join(engineFolder(source, platform), ...wheel.library.split("/"));
}
