/** LightGBM needs the system's libgomp.so.1; where there is none, the one that XGBoost's wheel brings can stand in. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineFolder, enginesHome } from "./folder.ts";
import { engineSource } from "./wheels.ts";

const NAME = "libgomp.so.1";

/**
 * Path of a copy of XGBoost's libgomp that calls itself libgomp.so.1: once it is loaded, the dynamic linker takes it for
 * LightGBM's. Undefined when XGBoost's wheel is not there.
 */
export function standInLibgomp(platform: string): string | undefined {
  const wheel = engineFolder(engineSource("xgboost"), platform);
  const folder = join(enginesHome(), `libgomp-${platform}`);
  const path = join(folder, NAME);
  if (existsSync(path)) return path;
  const bundled = find(wheel, /^libgomp-.*\.so/);
  if (bundled === undefined) return undefined;
  mkdirSync(folder, { recursive: true });
  const scratch = `${path}.${process.pid}`;
  writeFileSync(scratch, renamed(readFileSync(bundled.path), bundled.name));
  renameSync(scratch, path);
  return path;
}

function find(folder: string, pattern: RegExp): { path: string; name: string } | undefined {
  if (!existsSync(folder)) return undefined;
  const entry = readdirSync(folder, { recursive: true, withFileTypes: true }).find((e) => pattern.test(e.name));
  return entry && { path: join(entry.parentPath, entry.name), name: entry.name };
}

/** The library with another name inside: shorter, so it fits in the old one's place. */
function renamed(bytes: Buffer, from: string): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(`${from}\0`);
  if (at >= 0) copy.write(NAME.padEnd(from.length, "\0"), at, "latin1");
  return copy;
}
