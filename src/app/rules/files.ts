/** Where a project keeps its files of rules: experiments/gates/, experiments/monitors/. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { suggestion } from "../../experiments/located.ts";
import { type Project, showPath } from "../project.ts";

type Kind = "gate" | "monitor";

const folderOf = (project: Project, kind: Kind): string => join(project.root, "experiments", `${kind}s`);

/**
 * Path of a file from the current folder or the project, or of a name in the kind's folder, with or without ".yaml".
 * @throws UserError with the nearest name where there is none
 */
export function findRuleFile(project: Project, kind: Kind, nameOrFile: string): string {
  const folder = folderOf(project, kind);
  const candidates = [
    resolve(nameOrFile),
    join(project.root, nameOrFile),
    join(folder, `${nameOrFile}.yaml`),
    join(folder, nameOrFile),
  ];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  if (found !== undefined) return found;
  throw new UserError(`no ${kind} "${nameOrFile}"`, {
    where: showPath(project, folder),
    fix: suggestion(nameOrFile.replace(/^.*[\\/]|\.ya?ml$/g, ""), ruleFileNames(project, kind)),
  });
}

/** Names of a kind's files, without their ending. */
export function ruleFileNames(project: Project, kind: Kind): readonly string[] {
  try {
    return readdirSync(folderOf(project, kind))
      .flatMap((name) => (name.endsWith(".yaml") ? [name.slice(0, -".yaml".length)] : []))
      .sort();
  } catch {
    return []; // a project without any
  }
}
