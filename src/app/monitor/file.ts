/** Monitor files: rules for a model in use. */
import { hashBytes } from "../../core/hash.ts";
import type { MonitorRule } from "../../core/monitoring/monitor.ts";
import { keysAt } from "../../experiments/config.ts";
import { parseLocated, zodError } from "../../experiments/located.ts";
import { readRules, stemOf } from "../../experiments/rule-file.ts";
import { type Monitor, monitorSchema } from "../../monitoring/monitor-file.ts";
import { rules } from "../../monitoring/rules/index.ts";
import { type Project, readText, showPath } from "../project.ts";
import { findRuleFile } from "../rules/files.ts";

/** Reads a monitor: a file from the current folder or the project, or a name in experiments/monitors/. */
export async function loadMonitor(project: Project, nameOrFile: string): Promise<Monitor> {
  const path = findRuleFile(project, "monitor", nameOrFile);
  return parseMonitor(showPath(project, path), readText(path));
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
  const entries = await readRules<MonitorRule>(list, yaml, rules);
  return {
    ...settings,
    name: name ?? stemOf(file),
    file,
    hash: hashBytes(text),
    rules: entries.map(({ id, rule, params, at }) => ({
      id,
      evaluate: (context) => at(() => rule.evaluate(context, params)).map((each) => ({ ...each, topic: rule.topic })),
    })),
  };
}
