/** Puts a new file of knowledge in the place of the old one, which is kept. */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { type FileWhat, kindOf, listFiles } from "../files.ts";

/** Folder of what was replaced: releases/hpo/2025-01-16-9ba3fd92/hp.obo; no reader looks so deep. */
export const RELEASES = "releases";

/** A folder beside the kept releases for what is being pulled. */
export function makeScratch(folder: string, what: FileWhat): string {
  const scratch = join(folder, RELEASES, `.pull-${process.pid}-${what}`);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  return scratch;
}

/** Removes it, and the folder around it where that is empty. */
export function dropScratch(scratch: string): void {
  rmSync(scratch, { recursive: true, force: true });
  const around = dirname(scratch);
  if (existsSync(around) && readdirSync(around).length === 0) rmSync(around, { recursive: true, force: true });
}

/** @throws UserError when a file in a folder within would be read in place of one that is pulled */
export function refuseHidden(folder: string, what: FileWhat): void {
  const hidden = kindOf(what).several
    ? undefined
    : listFiles(folder)
        .get(what)
        ?.find((path) => dirname(path) !== folder);
  if (hidden !== undefined)
    throw new UserError("a file of the same kind lies in a folder within, and could be read in place of a new one", {
      where: hidden,
      fix: `Move it to ${folder}, or out of it.`,
    });
}

/** The file that counts now. */
export function currentFile(folder: string, what: FileWhat, name?: string): string | undefined {
  const found = listFiles(folder).get(what);
  return kindOf(what).several ? found?.find((path) => basename(path) === name) : found?.[0];
}

/**
 * Renames a new file into the folder, in one step; what it replaces is kept.
 * @param label of the file that counts now, in the kept releases: "2025-01-16-9ba3fd92"; undefined where there is none
 */
export function install(folder: string, what: FileWhat, file: string, label: string | undefined): void {
  const name = basename(file);
  const old =
    listFiles(folder)
      .get(what)
      ?.filter((path) => !kindOf(what).several || basename(path) === name) ?? [];
  if (label !== undefined && old[0] !== undefined) keep(old[0], join(folder, RELEASES, what, label));
  renameSync(file, join(folder, name));
  for (const path of old) if (basename(path) !== name) rmSync(path);
}

function keep(path: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const target = join(folder, basename(path));
  rmSync(target, { force: true });
  try {
    linkSync(path, target);
  } catch {
    copyFileSync(path, target); // a file system without links
  }
}

/** The kept file of a release, by its name or the start of its hash; undefined where there is none. */
export function keptRelease(folder: string, what: FileWhat, release: string): string | undefined {
  const label = keptReleases(folder, what).findLast(
    (one) => one.startsWith(`${release}-`) || one.endsWith(`-${release.slice(0, 8)}`),
  );
  if (label === undefined) return undefined;
  const home = join(folder, RELEASES, what, label);
  const [name] = readdirSync(home);
  return name === undefined ? undefined : join(home, name);
}

/** Releases that are kept: "2025-01-16-9ba3fd92", ascending. */
export function keptReleases(folder: string, what: FileWhat): readonly string[] {
  const home = join(folder, RELEASES, what);
  return statSync(home, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(home).sort() : [];
}
