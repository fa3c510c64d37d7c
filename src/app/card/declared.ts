import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { keysAt } from "../../experiments/config.ts";
import { parseLocated, zodError } from "../../experiments/located.ts";
import { type Declared, declaredSchema } from "../../reports/card/declared.ts";
import { type Project, readText, showPath } from "../project.ts";

/** Where the facts file of a model is looked for, from the project folder. */
export const declaredPath = (name: string): string => `experiments/cards/${name}.yaml`;

/**
 * What people say of a model: the named file, or experiments/cards/NAME.yaml where there is one.
 * @throws UserError with file, line and the nearest right key
 */
export function readDeclared(
  project: Project,
  name: string,
  file?: string,
): { readonly file: string; readonly says: Declared } | null {
  const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const isName = !/[\\/]/.test(name); // an experiment may be called anything
  if (file === undefined && !isName) return null;
  const candidates =
    file === undefined ? [join(project.root, declaredPath(name))] : [resolve(file), join(project.root, file)];
  const found = candidates.find(isFile);
  if (found === undefined) {
    if (file === undefined) return null;
    throw new UserError("no such facts file", { where: file, fix: "An example: experiments/cards/quickstart.yaml" });
  }
  const shown = showPath(project, found);
  return { file: shown, says: parseDeclared(shown, readText(found)) };
}

/** @throws UserError with file, line and the nearest right key */
export function parseDeclared(file: string, text: string): Declared {
  const yaml = parseLocated(file, text);
  const parsed = declaredSchema.safeParse(yaml.value ?? {});
  if (parsed.success) return parsed.data;
  throw zodError(parsed.error, yaml, [], (path) => keysAt(declaredSchema, path));
}
