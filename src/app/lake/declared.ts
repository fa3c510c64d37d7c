/** Declarations of learning tables: lake/NAME.yaml of the project, wherever the lake itself is. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { keysAt } from "../../experiments/config.ts";
import { parseLocated, suggestion, zodError } from "../../experiments/located.ts";
import type { Declared } from "../../lake/learning/build.ts";
import { type Codes, checkDeclaration, type Declaration, declarationSchema } from "../../lake/learning/declaration.ts";
import { checkTable } from "../../lake/versions/address.ts";
import { type Project, readText, showPath } from "../project.ts";

/** Reads a declaration: a file from the current folder or the project, or a name in lake/. */
export function loadDeclaration(project: Project, nameOrFile: string): Declared {
  const folder = join(project.root, "lake");
  const candidates = [
    join(folder, `${nameOrFile}.yaml`),
    resolve(nameOrFile),
    join(project.root, nameOrFile),
    join(folder, nameOrFile),
  ];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  if (found) return parseDeclaration(project.root, showPath(project, found), readText(found));
  throw new UserError(`no learning table "${nameOrFile}" is declared`, {
    where: showPath(project, folder),
    fix: suggestion(nameOrFile.replace(/^.*[\\/]|\.ya?ml$/g, ""), declaredNames(project)),
  });
}

/** Names of the declarations in lake/. */
export function declaredNames({ root }: Pick<Project, "root">): readonly string[] {
  try {
    return readdirSync(join(root, "lake")).flatMap((name) => (name.endsWith(".yaml") ? [name.slice(0, -5)] : []));
  } catch {
    return []; // a project without any
  }
}

/**
 * @param root of files of codes
 * @param file name for messages; its stem is the table's name
 * @throws UserError with file, line and the nearest right key
 */
export function parseDeclaration(root: string, file: string, text: string): Declared {
  const yaml = parseLocated(file, text);
  const parsed = declarationSchema.safeParse(yaml.value ?? {});
  if (!parsed.success) throw zodError(parsed.error, yaml, [], (path) => keysAt(declarationSchema, path));
  const [problem] = checkDeclaration(parsed.data);
  if (problem !== undefined)
    throw new UserError(problem.message, { where: yaml.where(problem.path), fix: problem.fix });
  const stem = file.replace(/^.*[\\/]/, "").replace(/\.ya?ml$/, "");
  return { name: checkTable(stem), file, declaration: withCodes(root, parsed.data) };
}

/** The declaration with the codes of the files that it names. */
function withCodes(root: string, declaration: Declaration): Declaration {
  const read = (codes: Codes): Codes => {
    if (Array.isArray(codes) || typeof codes.file !== "string") return codes;
    const { file, ...systems } = codes;
    const lines = readText(resolve(root, file)).split(/\r?\n/);
    const list = lines
      .map(
        (line) =>
          line
            .replace(/#.*/, "")
            .trim()
            .split(/[\s,;]/)[0]!,
      )
      .filter((code) => code !== "");
    if (list.length === 0)
      throw new UserError("the file has no codes", { where: file, fix: "Write one a line; # begins a comment." });
    return { ...systems, file: list };
  };
  const walk = (value: unknown, key: string): unknown => {
    if (key === "codes" && value !== undefined) return read(value as Codes);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    const sets = key === "sets" || key === "classes";
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, walk(own, sets ? "codes" : name)]));
  };
  return walk(declaration, "") as Declaration;
}
