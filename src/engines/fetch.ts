/** Brings the native libraries: by pip, checked by SHA-256, unpacked into the user's cache. */
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import type { EngineId } from "../core/family.ts";
import { engineFolder, enginesHome, libraryPath } from "./folder.ts";
import { currentPlatform, ENGINES, type EngineSource, type Wheel, wheelFor } from "./wheels.ts";

export interface FetchResult {
  readonly id: EngineId;
  readonly title: string;
  readonly version: string;
  readonly state: "present" | "fetched" | "unavailable";
  readonly problem?: string;
  readonly fix?: string;
}

/** Keeps libraries and licences; a wheel's Python code and headers are of no use here. */
const UNPACK = `
import re, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if re.search(r"\\.(so|dylib|dll)(\\.[0-9.]+)?$|/licenses/|/METADATA$|LICENSE", name):
            wheel.extract(name, sys.argv[2])
`;

const STALE_MS = 24 * 3600 * 1000;

/**
 * Fetches what is missing, several at a time; safe when several processes do it at once. Never throws: what could not be
 * had is in the results, with the reason and the way to mend it.
 */
export async function fetchEngines({
  platform = currentPlatform(),
  sources = ENGINES,
}: {
  platform?: string;
  sources?: readonly EngineSource[];
} = {}): Promise<readonly FetchResult[]> {
  await removeStale();
  return Promise.all(
    sources.map(async (source) => {
      const { id, title, version } = source;
      const wheel = wheelFor(source, platform);
      if (wheel === undefined)
        return { id, title, version, state: "unavailable" as const, ...noWheel(source, platform) };
      if (existsSync(libraryPath(source, wheel, platform))) return { id, title, version, state: "present" as const };
      const problem = await fetchOne(source, wheel, platform);
      return problem === undefined
        ? { id, title, version, state: "fetched" as const }
        : { id, title, version, state: "unavailable" as const, ...problem };
    }),
  );
}

/** Why there is no wheel for a platform. */
export function noWheel(source: EngineSource, platform: string): { problem: string; fix: string } {
  return {
    problem: `${source.title} ${source.version} is not published for ${platform}`,
    fix: platform.includes("musl")
      ? "Use a system with glibc, e.g. a Debian-based container image."
      : `Use one of: ${Object.keys(source.wheels).join(", ")}.`,
  };
}

type Problem = { problem: string; fix: string } | undefined;

async function fetchOne(source: EngineSource, wheel: Wheel, platform: string): Promise<Problem> {
  const scratch = join(enginesHome(), `.tmp-${process.pid}-${randomUUID()}`);
  const unpacked = join(scratch, "unpacked");
  try {
    await mkdir(unpacked, { recursive: true });
    const python = await findPython();
    if (python === undefined) {
      return {
        problem: "python3 with pip was not found; it downloads the library",
        fix: "Install Python 3 with pip (e.g. apt-get install python3-pip), then run: disease doctor --fix",
      };
    }
    const downloaded = await run([...python, "-m", "pip", ...pipArguments(source, wheel, scratch)]);
    if (downloaded.code !== 0) return explainPip(source, downloaded.output);
    const file = (await readdir(scratch)).find((name) => name.endsWith(".whl"));
    if (file === undefined) return { problem: "pip brought no wheel", fix: "Run: disease doctor --fix" };
    const bytes = await readFile(join(scratch, file));
    const digest = createHash("sha256").update(bytes).digest("hex");
    if (digest !== wheel.sha256) {
      return {
        problem: `${file} has SHA-256 ${digest}, expected ${wheel.sha256}; it was not installed`,
        fix: "Check the package index that pip is set to use, then run: disease doctor --fix",
      };
    }
    const unzipped = await run([...python, "-c", UNPACK, join(scratch, file), unpacked]);
    if (unzipped.code !== 0) return explainFile(lastLine(unzipped.output));
    await install(unpacked, engineFolder(source, platform), libraryPath(source, wheel, platform));
    return undefined;
  } catch (error) {
    return explainFile(messageOf(error));
  } finally {
    await rm(scratch, { recursive: true, force: true }).catch(() => {});
  }
}

/** Asks for the very wheel, whatever the Python that runs pip. */
function pipArguments(source: EngineSource, wheel: Wheel, into: string): string[] {
  return [
    ..."download --no-deps --only-binary=:all: --no-input --disable-pip-version-check --progress-bar off".split(" "),
    ..."--retries 1 --timeout 20 --python-version 3.12 --implementation cp --platform".split(" "),
    ...[wheel.tag, "--dest", into, `${wheel.package}==${source.version}`],
  ];
}

/** Puts a finished folder in its place by renaming: others see all of it or nothing. */
async function install(from: string, to: string, library: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (existsSync(library)) return; // another process was first
    if (!existsSync(to)) throw error;
    await rename(to, join(from, "..", "damaged"));
    await rename(from, to);
  }
}

/** Folders of installs that were killed. */
async function removeStale(): Promise<void> {
  const home = enginesHome();
  const names = await readdir(home).catch(() => []);
  for (const name of names.filter((n) => n.startsWith(".tmp-"))) {
    const path = join(home, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

async function findPython(): Promise<readonly string[] | undefined> {
  const candidates = process.platform === "win32" ? [["py", "-3"], ["python"]] : [["python3"], ["python"]];
  for (const candidate of candidates) {
    if ((await run([...candidate, "-m", "pip", "--version"])).code === 0) return candidate;
  }
  return undefined;
}

/** Runs a program to its end; stdout and stderr together. A program that cannot be started has code -1. */
function run(argv: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, PIP_REQUIRE_VIRTUALENV: "0", PYTHONIOENCODING: "utf-8" };
    const child = spawn(argv[0] as string, argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], env });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ code: -1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? -1, output }));
  });
}

const NO_SPACE = /ENOSPC|Errno 28|No space left/i;

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

function explainPip(source: EngineSource, output: string): { problem: string; fix: string } {
  if (NO_SPACE.test(output)) return explainFile(output);
  const reason = output.split("\n").find((line) => line.startsWith("ERROR:")) ?? lastLine(output);
  const offline = /connection|resolve|timed out|proxy|network|HTTPError/i.test(output);
  return {
    problem: offline
      ? "pip could not reach its package index"
      : `pip could not bring ${source.title}: ${reason.trim()}`,
    fix: "Connect to the network (or set PIP_INDEX_URL to a mirror), then run: disease doctor --fix",
  };
}

function explainFile(reason: string): { problem: string; fix: string } {
  if (NO_SPACE.test(reason)) {
    return {
      problem: `no space left under ${enginesHome()} or in the temporary folder`,
      fix: "Free about 100 MB or set DISEASE_ENGINES to a folder on another disk, then run: disease doctor --fix",
    };
  }
  return {
    problem: `cannot write to ${enginesHome()}: ${reason}`,
    fix: "Set DISEASE_ENGINES to a folder that you may write to, then run: disease doctor --fix",
  };
}
