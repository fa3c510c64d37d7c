/** Monitor files: rules for a model in use. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { hashBytes } from "../../core/hash.ts";
import type { MonitorRule } from "../../core/monitoring/monitor.ts";
import { keysAt } from "../../experiments/config.ts";
import { type LocatedYaml, type Path, parseLocated, suggestion, zodError } from "../../experiments/located.ts";
import { type Monitor, monitorSchema } from "../../monitoring/monitor-file.ts";
import { rules } from "../../monitoring/rules/index.ts";
import { type Project, readText, showPath } from "../project.ts";

/** Reads a monitor: a file from the current folder or the project, or a name in experiments/monitors/. */
export async function loadMonitor(project: Project, nameOrFile: string): Promise<Monitor> {
  const folder = join(project.root, "experiments", "monitors");
  const candidates = [
    resolve(nameOrFile),
    join(project.root, nameOrFile),
    join(folder, `${nameOrFile}.yaml`),
    join(folder, nameOrFile),
  ];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  if (found) return parseMonitor(showPath(project, found), readText(found));
  throw new UserError(`no monitor "${nameOrFile}"`, {
    where: showPath(project, folder),
    fix: suggestion(nameOrFile.replace(/^.*[\\/]|\.ya?ml$/g, ""), monitorNames(folder)),
  });
}

function monitorNames(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => (name.endsWith(".yaml") ? [name.slice(0, -".yaml".length)] : []));
  } catch {
    return []; // a project without monitors
  }
}

/**
 * Reads a monitor.
 * @param file name for messages; its stem is the monitor's name where the text has none
 * @throws UserError with file, line and the nearest right key
 */
export async function parseMonitor(file: string, text: string): Promise<Monitor> {
  const yaml = parseLocated(file, text);
  const parsed = monitorSchema.safeParse(yaml.value ?? {});
  if (!parsed.success) throw zodError(parsed.error, yaml, [], (path) => keysAt(monitorSchema, path));
  const { rules: list, name, ...settings } = parsed.data;
  return {
    ...settings,
    name: name ?? file.replace(/^.*[\\/]/, "").replace(/\.ya?ml$/, ""),
    file,
    hash: hashBytes(text),
    rules: await Promise.all(list.map((entry, i) => readRule(entry, yaml, ["rules", i]))),
  };
}

async function readRule(
  entry: string | Record<string, unknown>,
  yaml: LocatedYaml,
  path: Path,
): Promise<Monitor["rules"][number]> {
  const pairs: [string, unknown][] = typeof entry === "string" ? [[entry, {}]] : Object.entries(entry);
  if (pairs.length !== 1) {
    throw new UserError(`${path.join(".")}: one rule an entry, found ${pairs.length}`, {
      where: yaml.where(path),
      fix: "Begin each rule with its own dash.",
    });
  }
  const [id, given] = pairs[0];
  const load = Object.hasOwn(rules, id) ? rules[id] : undefined;
  const where = typeof entry === "string" ? yaml.where(path) : yaml.where(path, id);
  if (!load) throw new UserError(`unknown rule "${id}"`, { where, fix: suggestion(id, Object.keys(rules)) });
  const rule: MonitorRule = await load();
  const params = rule.params.safeParse(given ?? {});
  if (!params.success) throw zodError(params.error, yaml, [...path, id], (p) => keysAt(rule.params, p));
  return {
    id,
    evaluate(context) {
      try {
        return rule.evaluate(context, params.data).map((verdict) => ({ ...verdict, topic: rule.topic }));
      } catch (error) {
        if (!(error instanceof UserError) || error.where !== undefined) throw error;
        throw new UserError(error.message, { exitCode: error.exitCode, where, fix: error.fix, cause: error });
      }
    },
  };
}
