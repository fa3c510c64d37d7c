/** Brings files of knowledge into a folder, each as a release with its hash. */
import { copyFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { FILE_WHATS, type FileWhat, kindOf, listFiles, needsKey, whatOf } from "../../knowledge/files.ts";
import { type Downloaded, download, shownUrl } from "../../knowledge/pull/download.ts";
import { headOf, type Inspected, inspect } from "../../knowledge/pull/inspect.ts";
import {
  currentFile,
  dropScratch,
  install,
  keptRelease,
  makeScratch,
  refuseHidden,
} from "../../knowledge/pull/install.ts";
import { type Locked, readLock, writeLock } from "../../knowledge/pull/lock.ts";
import { hashFile } from "../../knowledge/source.ts";
import type { Project } from "../project.ts";

export interface PullOptions {
  /** Kinds of files; all that are open to everybody, or that `from` holds, when empty. */
  readonly what: readonly string[];
  /** Address of a file, or of a folder where it ends with "/"; or a file or folder here. The publishers when absent. */
  readonly from?: string;
  /** Folder; the project's data/knowledge when absent. */
  readonly to?: string;
  /** A kept release by its name or hash, or one that the publisher still has. */
  readonly release?: string;
  /** Milliseconds without a byte. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  onStart(what: FileWhat, source: string): void;
}

export interface Pulled extends Omit<Locked, "etag" | "lastModified"> {
  readonly what: FileWhat;
  readonly state: "new" | "unchanged";
  /** Release and hash of what it replaced, which is kept. */
  readonly replaced?: string;
}

export interface PullResult {
  readonly folder: string;
  readonly files: readonly Pulled[];
  readonly failures: readonly { readonly what: FileWhat; readonly error: UserError }[];
  /** What commands need and the folder does not have yet. */
  readonly missing: readonly FileWhat[];
}

interface Source {
  readonly what: FileWhat;
  /** An address, or a path. */
  readonly from: string;
  readonly secret?: string;
}

/** Pulls one after the other; one that fails leaves what was there, and the others go on. */
export async function pullKnowledge(project: Project, options: PullOptions): Promise<PullResult> {
  const folder = options.to === undefined ? projectKnowledge(project) : resolve(options.to);
  const sources = sourcesOf(folder, options);
  makeFolder(folder);
  const files: Pulled[] = [];
  const failures: { what: FileWhat; error: UserError }[] = [];
  for (const source of sources) {
    options.onStart(source.what, isUrl(source.from) ? shownUrl(source.from, source.secret) : source.from);
    try {
      files.push(await pullOne(folder, source, options));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push({ what: source.what, error });
    }
  }
  const there = listFiles(folder);
  return { folder, files, failures, missing: (["hpo", "hpoa"] as const).filter((what) => !there.has(what)) };
}

/** The folder that a project's commands read. */
export const projectKnowledge = ({ root }: Pick<Project, "root">): string => join(root, "data", "knowledge");

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UserError(`the folder cannot be made: ${messageOf(error)}`, {
      where: folder,
      fix: "Name another: --to DIR.",
    });
  }
}

/** Where each file is to come from. @throws UserError when that cannot be said */
function sourcesOf(folder: string, { what, from, release }: PullOptions, env = process.env): Source[] {
  const asked = what.map(whatNamed);
  const key = keyOf(env);
  if (from === undefined) {
    const open = FILE_WHATS.filter((one) => kindOf(one).url && (!needsKey(one) || key !== undefined));
    if (release !== undefined && asked.length === 0)
      throw new UserError("a release is of one kind of file", { where: "--release", fix: "Name it: hpo, hpoa …" });
    return (asked.length === 0 ? open : asked).map((one) => publisherOf(folder, one, release, key));
  }
  if (release !== undefined)
    throw new UserError("--release names a publisher's release, --from a file", { fix: "Give one of them." });
  if (isUrl(from) && !URL.canParse(from)) throw new UserError("this is no address", { where: "--from" });
  if (isUrl(from) && from.endsWith("/")) {
    const all = FILE_WHATS.filter((one) => kindOf(one).url && !needsKey(one));
    return (asked.length === 0 ? all : asked).map((one) => ({ what: one, from: `${from}${publishedName(one)}` }));
  }
  const path = resolve(from);
  if (!isUrl(from) && statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const found = listFiles(path);
    if (found.size === 0)
      throw new UserError("no file of a knowledge base is in the folder", { where: from, fix: NAMES });
    return (asked.length === 0 ? FILE_WHATS.filter((one) => found.has(one)) : asked).map((one) => {
      const file = found.get(one)?.[0];
      if (file === undefined)
        throw new UserError(`no file of ${kindOf(one).title} is in the folder`, { where: from, fix: NAMES });
      return { what: one, from: file };
    });
  }
  const named = asked.length === 0 ? whatOf(basename(isUrl(from) ? new URL(from).pathname : from)) : asked[0];
  if (named === undefined || asked.length > 1)
    throw new UserError(asked.length > 1 ? "a file is of one kind" : "its name does not say what it is", {
      where: from.replace(/\?.*$/, ""),
      fix: `Name one: ${FILE_WHATS.join(", ")}.`,
    });
  return [{ what: named, from: isUrl(from) ? from : path }];
}

const NAMES = `Files are known by their publishers' names: ${FILE_WHATS.filter((one) => kindOf(one).url)
  .map((one) => basename(kindOf(one).url!))
  .join(", ")}.`;
const publishedName = (what: FileWhat): string => basename(kindOf(what).url ?? "orphanet.jsonl");

function whatNamed(text: string): FileWhat {
  const named = FILE_WHATS.find((one) => one === text.toLowerCase());
  if (named === undefined)
    throw new UserError(`there is no kind of file "${text}"`, { fix: `There are ${FILE_WHATS.join(", ")}.` });
  return named;
}

function keyOf(env: NodeJS.ProcessEnv): string | undefined {
  const key = env.DISEASE_OMIM_KEY;
  if (key && !/^[\w-]+$/.test(key))
    throw new UserError("the key of OMIM has other signs than letters, digits, - and _", { where: "DISEASE_OMIM_KEY" });
  return key || undefined;
}

function publisherOf(folder: string, what: FileWhat, release: string | undefined, key: string | undefined): Source {
  const { title, url, releaseUrl } = kindOf(what);
  if (release !== undefined) {
    const kept = keptRelease(folder, what, release);
    if (kept !== undefined) return { what, from: kept };
    if (releaseUrl === undefined)
      throw new UserError(`${title}: no release ${release} is kept, and its publisher has the latest alone`, {
        where: folder,
        fix: "`disease knowledge ls` lists what is kept; a file of your own goes in with --from FILE.",
      });
    if (!/^[\w.-]+$/.test(release)) throw new UserError("this is no release", { where: "--release" });
    return { what, from: releaseUrl.replace("{release}", release) };
  }
  if (url === undefined)
    throw new UserError(`${title} is not published as a file`, { fix: "Give your own with --from FILE." });
  if (!needsKey(what)) return { what, from: url };
  if (key === undefined)
    throw new UserError(`${title} needs a key of OMIM`, {
      where: "DISEASE_OMIM_KEY",
      fix: ["OMIM gives one on request: https://www.omim.org/downloads.", "Or give your own file with --from FILE."],
    });
  return { what, from: url.replace("{key}", encodeURIComponent(key)), secret: key };
}

async function pullOne(folder: string, { what, from, secret }: Source, options: PullOptions): Promise<Pulled> {
  refuseHidden(folder, what);
  const source = isUrl(from) ? shownUrl(from, secret) : from;
  const locked = readLock(folder)[what];
  const here = currentFile(folder, what, locked?.name);
  const before = here && (await hashOf(here));
  const known = locked?.sha256 === before ? locked : undefined;
  const pulled = new Date(systemClock.now()).toISOString();
  const scratch = makeScratch(folder, what);
  try {
    const raw = join(scratch, "raw");
    const { timeout, signal } = options;
    const validators = known?.source === source ? validatorsOf(known) : {};
    const got = await fetchTo(raw, from, { ...validators, timeout, signal, ...(secret && { secret }) });
    if (known !== undefined && !got.changed) {
      writeLock(folder, what, { ...known, pulled });
      return { what, state: "unchanged", ...shown({ ...known, pulled }) };
    }
    const name = await nameFor(what, isUrl(from) ? new URL(from).pathname : from, raw, source);
    const file = join(scratch, name);
    renameSync(raw, file);
    const { release, counts } = await inspectAs(what, file, source);
    const next: Locked = {
      name,
      release: release || dateOf(got.lastModified),
      sha256: await hashOf(file),
      bytes: statSync(file).size,
      counts,
      source,
      pulled,
      ...validatorsOf(got),
    };
    if (here !== undefined && next.sha256 === before) {
      const same = { ...next, name: basename(here) };
      writeLock(folder, what, same);
      return { what, state: "unchanged", ...shown(same) };
    }
    const label = here && before && `${known?.release || (await releaseOf(what, here))}-${before.slice(0, 8)}`;
    install(folder, what, file, label);
    writeLock(folder, what, next);
    return { what, state: "new", ...shown(next), ...(label && { replaced: label }) };
  } finally {
    dropScratch(scratch);
  }
}

const hashOf = (path: string): Promise<string> => hashFile(path, "file", "See who may read it.");

const validatorsOf = ({ etag, lastModified }: Pick<Locked, "etag" | "lastModified">) => ({
  ...(etag && { etag }),
  ...(lastModified && { lastModified }),
});

async function fetchTo(raw: string, from: string, options: Parameters<typeof download>[2]): Promise<Downloaded> {
  if (isUrl(from)) return await download(from, raw, options);
  try {
    copyFileSync(from, raw);
  } catch (error) {
    throw new UserError(`the file cannot be copied: ${messageOf(error)}`, { where: from });
  }
  return { changed: true };
}

/** The name that it came with, else the publisher's, with the endings that its content asks for. */
async function nameFor(what: FileWhat, path: string, raw: string, source: string): Promise<string> {
  const { pattern } = kindOf(what);
  const given = basename(path);
  if (pattern.test(given)) return given;
  const { text, zipped } = await told(source, raw, () => headOf(raw));
  const plain = publishedName(what);
  const json = text.trimStart().startsWith("{") && pattern.test(plain.replace(/\.\w+$/, ".json"));
  return `${json ? plain.replace(/\.\w+$/, ".json") : plain}${zipped ? ".gz" : ""}`;
}

const inspectAs = (what: FileWhat, file: string, source: string): Promise<Inspected> =>
  told(source, file, () => inspect(what, file));

/** Errors name where a file came from, not the place where it is looked at. */
async function told<T>(source: string, file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, exitCode, fix, where } = error;
    throw new UserError(message, { exitCode, fix, where: where?.replace(file, source), cause: error });
  }
}

/** Of a file that was put there by hand. */
async function releaseOf(what: FileWhat, path: string): Promise<string> {
  try {
    return (await inspect(what, path)).release || "unknown";
  } catch {
    return "unknown"; // a broken file is replaced all the same
  }
}

const dateOf = (lastModified: string | undefined): string => {
  const time = Date.parse(lastModified ?? "");
  return Number.isNaN(time) ? "" : new Date(time).toISOString().slice(0, 10);
};

const shown = ({ etag: _, lastModified: __, ...rest }: Locked): Omit<Locked, "etag" | "lastModified"> => rest;
