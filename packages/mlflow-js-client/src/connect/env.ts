import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export type Env = Readonly<Record<string, string | undefined>>;

export type Section = Readonly<Record<string, string>>;

/** A variable that is set and not empty. */
export function variable(env: Env, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== "");
}

/** Python's reading of a truth: MLflow takes "true" and "1". */
export function isTrue(value: string | undefined): boolean {
  return /^(true|1)$/i.test(value ?? "");
}

/** A file of the user's home, or none. */
export function homeFile(env: Env, ...parts: readonly string[]): string | undefined {
  return readable(join(env.HOME ?? env.USERPROFILE ?? homedir(), ...parts));
}

export function readable(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The sections of an INI file, as AWS, Databricks and MLflow write theirs. Keys are in lower case. */
export function iniSections(text: string): Readonly<Record<string, Section>> {
  const sections: Record<string, Record<string, string>> = {};
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(line);
    const pair = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (head !== null) sections[head[1]!] = current = {};
    else if (pair !== null) current[pair[1]!.toLowerCase()] = pair[2]!;
  }
  return sections;
}
