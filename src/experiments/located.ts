import { closest, distance } from "fastest-levenshtein";
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { messageOf, UserError } from "../core/errors.ts";

export type Path = readonly (string | number)[];

/** A YAML text whose values know their line, with `--set` overrides laid over it. */
export interface LocatedYaml {
  readonly file: string;
  readonly value: unknown;
  /** "experiments/x.yaml:12", or the override that set it. `key`: the line of a key of the map at the path. */
  where(path: Path, key?: string): string;
}

const MAX_BYTES = 1 << 20;

/**
 * Parses YAML 1.2.
 * @param overrides texts "a.b.c=value" or "a.b.c=v1,v2" (several values are a list)
 * @throws UserError with file and line on bad syntax, doubled keys, or aliases that blow up
 */
export function parseLocated(file: string, text: string, overrides: readonly string[] = []): LocatedYaml {
  if (text.length > MAX_BYTES) throw new UserError("the file is larger than 1 MB", { where: file });
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, merge: true });
  const problem = doc.errors[0];
  if (problem) {
    throw new UserError(problem.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, ""), {
      where: `${file}:${lines.linePos(problem.pos[0]).line}`,
      fix: "Correct the YAML there.",
    });
  }
  const set = overrides.map((text) => applyOverride(doc, text));
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UserError(messageOf(error), { where: file, fix: "Write the values out instead of nesting aliases." });
  }
  return {
    file,
    value,
    where(path, key) {
      const full = key === undefined ? path : [...path, key];
      const override = set.find((s) => s.path.every((part, i) => i >= full.length || String(full[i]) === part));
      if (override && override.path.length > 0 && full.length >= override.path.length) return flagOf(override.text);
      const line = lineOf(doc, lines, full);
      if (line !== undefined) return `${file}:${line}`;
      const below = set.find((s) => full.length > 0 && full.every((part, i) => String(part) === s.path[i]));
      return below ? flagOf(below.text) : file;
    },
  };
}

/** The flag that an override came by, as the user knows it. */
function flagOf(override: string): string {
  const own = /^search\.(strategy|trials|time|until)=(.*)$/.exec(override);
  return own ? `--${own[1]} ${own[2]}` : `--set ${override}`;
}

function applyOverride(doc: Document, text: string): { path: string[]; text: string } {
  const at = text.indexOf("=");
  if (at < 1) {
    throw new UserError(`cannot read the override "${text}"`, {
      where: "--set",
      fix: "Write it as path.to.key=value.",
    });
  }
  const path = text.slice(0, at).trim().split(".");
  const raw = text.slice(at + 1);
  const source = /^\s*[[{"']/.test(raw) || !raw.includes(",") ? raw : `[${raw}]`;
  const parsed = parseDocument(source);
  if (parsed.errors.length > 0) {
    throw new UserError(`cannot read the value in "${text}"`, {
      where: "--set",
      fix: "Write it as YAML: 4, 4,6 or [4, 6].",
    });
  }
  for (let i = 1; i < path.length; i++) {
    const parent = doc.getIn(path.slice(0, i), true);
    if (parent === undefined || (isScalar(parent) && parent.value === null))
      doc.setIn(path.slice(0, i), doc.createNode({}));
  }
  try {
    doc.setIn(path, doc.createNode(parsed.toJS()));
  } catch {
    throw new UserError(`"${path.slice(0, -1).join(".")}" holds a value, so it has no "${path.at(-1)}"`, {
      where: `--set ${text}`,
    });
  }
  return { path, text };
}

function lineOf(doc: Document, lines: LineCounter, path: Path): number | undefined {
  let node: unknown = doc.contents;
  let line: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((p) => isPair(p) && isScalar(p.key) && String(p.key.value) === String(part));
      if (!pair) break;
      if (isNode(pair.key) && pair.key.range) line = lines.linePos(pair.key.range[0]).line;
      node = pair.value;
    } else {
      const item: unknown = (node as { items?: unknown[] } | null)?.items?.[Number(part)];
      if (item === undefined) break;
      if (isNode(item) && item.range) line = lines.linePos(item.range[0]).line;
      node = item;
    }
  }
  return line;
}

/** ` Did you mean "max_depth"?`: the nearest of the allowed names, or all of them when none is near. */
export function suggestion(wrong: string, allowed: readonly string[]): string {
  if (allowed.length === 0) return "Remove it.";
  // "f1" is far from "f1_macro" by letters, and means it or its like.
  const longer = wrong.length < 2 ? [] : allowed.filter((name) => name.toLowerCase().startsWith(wrong.toLowerCase()));
  if (longer.length > 0 && longer.length <= 3) return `Did you mean ${longer.map((n) => `"${n}"`).join(" or ")}?`;
  const near = closest(wrong.toLowerCase(), [...allowed]);
  if (distance(wrong.toLowerCase(), near.toLowerCase()) <= Math.max(2, Math.floor(near.length / 2))) {
    return `Did you mean "${near}"?`;
  }
  return `Known: ${[...allowed].sort().join(", ")}.`;
}

/** Turns the problem that zod found, or the one that explains the others, into one error with file, line and the nearest right key. */
export function zodError(
  error: z.ZodError,
  yaml: LocatedYaml,
  base: Path,
  keysAt: (path: Path) => readonly string[],
): UserError {
  // A misspelt key is the cause where its right name is reported as missing.
  const issue = error.issues.find((i) => i.code === "unrecognized_keys") ?? error.issues[0]!;
  const local = issue.path.map((p) => (typeof p === "symbol" ? String(p) : p));
  const path = [...base, ...local];
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const at = path.length === 0 ? "" : ` in ${path.join(".")}`;
    return new UserError(`unknown key "${key}"${at}`, {
      where: yaml.where(path, key),
      fix: suggestion(key, keysAt(local)),
    });
  }
  const label = path.length === 0 ? "the file" : path.join(".");
  const given = path.reduce<unknown>((value, part) => (value as Record<string, unknown> | null)?.[part], yaml.value);
  if (issue.code === "invalid_value" && issue.values.length > 1 && typeof given === "string") {
    return new UserError(`${label}: there is no "${given}"`, {
      where: yaml.where(path),
      fix: suggestion(given, issue.values.map(String)),
    });
  }
  const message = issue.message.replace(/^Invalid input: /, "");
  const text = message.endsWith("received undefined") ? `${label} is missing` : `${label}: ${message}`;
  return new UserError(text, { where: yaml.where(path) });
}
