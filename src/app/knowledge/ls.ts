/** What a knowledge base is made of. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { cached, cacheHome } from "../../knowledge/cache.ts";
import { FILE_WHATS, type FileWhat, kindOf, listFiles, needsKey } from "../../knowledge/files.ts";
import { inspect } from "../../knowledge/pull/inspect.ts";
import { keptReleases } from "../../knowledge/pull/install.ts";
import { readLock } from "../../knowledge/pull/lock.ts";
import { hashFile } from "../../knowledge/source.ts";
import { knowledgeFolder, openKnowledge } from "../cases.ts";
import type { Project } from "../project.ts";

export interface ListedFile {
  readonly what: FileWhat;
  readonly name: string;
  /** As the file or its publisher says; empty where neither does. */
  readonly release: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Where it was pulled from, and when; null where it was put there by hand. */
  readonly source: string | null;
  readonly pulled: string | null;
  /** Days since the release; null where it has no date. */
  readonly age: number | null;
  /** Earlier releases that are kept: `pull WHAT --release R` brings one back. */
  readonly kept: readonly string[];
  /** What is wrong with it; null: nothing. */
  readonly problem: string | null;
}

export interface KnowledgeListing {
  readonly folder: string;
  /** Of all that ranking rests on; models are bound to it. Null where it cannot be loaded. */
  readonly hash: string | null;
  readonly excerpt: boolean;
  readonly files: readonly ListedFile[];
  readonly missing: readonly {
    readonly what: FileWhat;
    readonly title: string;
    readonly gives: string;
    readonly licence: string;
    readonly how: string;
  }[];
}

/** @param folder of the knowledge base; the project's, else the excerpt that ships, when absent */
export async function listKnowledge(project: Project, folder: string | undefined): Promise<KnowledgeListing> {
  const chosen = knowledgeFolder(project, folder);
  const there = listFiles(chosen);
  if (there.size === 0)
    throw new UserError("no file of a knowledge base is in the folder", {
      where: chosen,
      fix: "`disease knowledge pull` gets them.",
    });
  const files: ListedFile[] = [];
  for (const what of FILE_WHATS)
    for (const path of there.get(what)?.slice(0, kindOf(what).several ? undefined : 1) ?? [])
      files.push(await listFile(chosen, what, path));
  const base = await openKnowledge(project, folder, () => {}).then(
    (opened) => opened.base,
    () => undefined,
  );
  const missing = FILE_WHATS.filter((what) => !there.has(what) && kindOf(what).url !== undefined);
  const packed = there.has("orphanet");
  return {
    folder: chosen,
    hash: base?.release.hash ?? null,
    excerpt: base?.release.excerpt ?? false,
    files,
    missing: missing
      .filter((what) => !(packed && (what === "orphanet-phenotypes" || what === "orphanet-prevalence")))
      .map((what) => {
        const { title, gives, licence } = kindOf(what);
        const how = `${needsKey(what) ? "DISEASE_OMIM_KEY=… " : ""}disease knowledge pull ${what}`;
        return { what, title, gives, licence, how };
      }),
  };
}

async function listFile(folder: string, what: FileWhat, path: string): Promise<ListedFile> {
  const sha256 = await hashFile(path, "file", "See who may read it.");
  const known = readLock(folder)[what];
  const locked = known?.sha256 === sha256 ? known : undefined;
  let [problem, found]: [string | null, { release: string; counts: Readonly<Record<string, number>> }] = [
    null,
    locked ?? { release: "", counts: {} },
  ];
  if (locked === undefined)
    try {
      found = await cached(cacheHome(), `${sha256.slice(0, 16)}-${what}-v1.json`, () => inspect(what, path));
    } catch (error) {
      problem = messageOf(error);
    }
  const released = Date.parse(found.release);
  return {
    what,
    name: basename(path),
    release: found.release,
    sha256,
    bytes: statSync(path).size,
    counts: found.counts,
    source: locked?.source ?? null,
    pulled: locked?.pulled ?? null,
    age: Number.isNaN(released) ? null : Math.max(0, Math.floor((systemClock.now() - released) / 86_400_000)),
    kept: keptReleases(folder, what),
    problem,
  };
}
