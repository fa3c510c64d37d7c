import { execFile } from "node:child_process";
import { arch, cpus, hostname, platform, release, totalmem, userInfo } from "node:os";
import { promisify } from "node:util";
import { CODE_VERSION, VERSION } from "../core/build.ts";
import { hashBytes } from "../core/hash.ts";

/** What is needed to run an experiment again and to judge whether the result may differ. */
export interface Facts {
  readonly disease: { readonly version: string; readonly codeVersion: string };
  readonly node: string;
  readonly engines: Readonly<Record<string, string | null>>;
  readonly git: {
    readonly commit: string;
    readonly branch: string;
    readonly dirty: boolean;
    readonly diffHash: string;
  } | null;
  readonly machine: {
    readonly host: string;
    readonly os: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryMb: number;
  };
  readonly user: string;
  /** Releases of the knowledge base that was used, and its hash; absent where none was. */
  readonly knowledge?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);

/**
 * Facts of this process and the project folder.
 * @param engines versions by engine, null where one is missing
 * @returns the facts, and the uncommitted changes as a patch ("" when there are none)
 */
export async function collectFacts(
  project: string,
  engines: Facts["engines"],
  knowledge?: Facts["knowledge"],
): Promise<{ facts: Facts; diff: string }> {
  const git = async (...args: string[]): Promise<string> =>
    (await run("git", ["-C", project, ...args], { maxBuffer: 1 << 26 })).stdout.trim();
  let diff = "";
  let state: Facts["git"] = null;
  try {
    const [heads, changes] = await Promise.all([git("rev-parse", "HEAD", "--abbrev-ref", "HEAD"), git("diff", "HEAD")]);
    const [commit, branch] = heads.split("\n") as [string, string];
    diff = changes;
    state = { commit, branch, dirty: diff !== "", diffHash: hashBytes(diff) };
  } catch {
    // Not a git checkout, no commit yet, or no git: said by `git: null`.
  }
  const facts: Facts = {
    disease: { version: VERSION, codeVersion: CODE_VERSION },
    node: process.version,
    engines,
    git: state,
    machine: {
      host: hostname(),
      os: `${platform()} ${release()} ${arch()}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryMb: Math.round(totalmem() / 2 ** 20),
    },
    user: userName(),
    ...(knowledge && { knowledge }),
  };
  return { facts, diff };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a container whose user has no passwd entry
  }
}
