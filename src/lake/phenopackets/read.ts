/** Cases from a phenopacket, a folder or a ZIP archive of them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { CaseProblem, CaseTerm, PatientCase } from "../../core/cases.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { readZip } from "../archives/zip.ts";
import { caseOf, NoCase } from "./packet.ts";

/** The largest real ones have some 100 kB; what is larger is refused unread. */
const MOST_BYTES = 16 << 20;

interface Source {
  /** Path from the folder or archive down, with "/". */
  readonly name: string;
  readonly where: string;
  bytes(): Buffer;
}

/**
 * Cases one after the other, and what holds none; nothing is kept in memory. Files that do not end in .json are passed over.
 * @throws UserError when the path itself cannot be read, is no archive, or has no .json in it
 */
export function* readCases(path: string): Generator<PatientCase | CaseProblem> {
  let found = 0;
  for (const source of sourcesOf(path)) {
    found++;
    yield readOne(source);
  }
  if (found === 0)
    throw new UserError("there is no case: no .json file is in it", {
      where: path,
      fix: "Cases are GA4GH phenopackets: one .json, a folder or a .zip of them.",
    });
}

export const isCase = (item: PatientCase | CaseProblem): item is PatientCase => !("problem" in item);

/**
 * All cases of a path, each with a name of its own: the file's, with its folders where two have the same.
 * @throws UserError as `readCases` does
 */
export function collectCases(path: string): { cases: readonly PatientCase[]; problems: readonly CaseProblem[] } {
  const cases: PatientCase[] = [];
  const problems: CaseProblem[] = [];
  // Thousands of cases have the same few thousand terms: each is kept once.
  const terms = new Map<string, CaseTerm>();
  const once = (term: CaseTerm): CaseTerm => {
    const key = `${term.id} ${term.label}`;
    const known = terms.get(key) ?? term;
    terms.set(key, known);
    return known;
  };
  for (const item of readCases(path)) {
    if (isCase(item)) cases.push({ ...item, present: item.present.map(once), excluded: item.excluded.map(once) });
    else problems.push(item);
  }
  const count = new Map<string, number>();
  for (const { name } of cases) count.set(basename(name), (count.get(basename(name)) ?? 0) + 1);
  const named = cases.map((one) => (count.get(basename(one.name)) === 1 ? { ...one, name: basename(one.name) } : one));
  return { cases: named, problems };
}

function* sourcesOf(path: string): Generator<Source> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UserError("there is no such file or folder of cases", { where: path });
  if (stat.isDirectory()) {
    const names = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => /\.json$/i.test(name));
    for (const name of names.sort()) {
      const file = join(path, name);
      if (statSync(file).isFile())
        yield { name: name.replaceAll("\\", "/"), where: file, bytes: () => fileBytes(file) };
    }
  } else if (/\.zip$/i.test(path)) {
    for (const entry of readZip(path)) {
      // Apple's archiver adds "__MACOSX/._name.json", which is no JSON.
      if (/\.json$/i.test(entry.name) && !entry.name.startsWith("__MACOSX/"))
        yield { name: entry.name, where: `${path}/${entry.name}`, bytes: () => entry.bytes(MOST_BYTES) };
    }
  } else yield { name: basename(path), where: path, bytes: () => fileBytes(path) };
}

function fileBytes(path: string): Buffer {
  if (statSync(path).size > MOST_BYTES) throw new UserError("the file is too large for one case", { where: path });
  return readFileSync(path);
}

function readOne({ name, where, bytes }: Source): PatientCase | CaseProblem {
  try {
    // Some editors begin a file with a byte order mark, which JSON.parse does not take.
    return caseOf(
      JSON.parse(
        bytes()
          .toString("utf8")
          .replace(/^\uFEFF/, ""),
      ),
      name,
      where,
    );
  } catch (error) {
    // A parser's message repeats a piece of the file, which may be a patient's.
    const problem =
      error instanceof SyntaxError
        ? `it is broken JSON${/ \(line \d+ column \d+\)| at position \d+/.exec(error.message)?.[0] ?? ""}`
        : error instanceof NoCase || error instanceof UserError
          ? error.message
          : `it cannot be read: ${messageOf(error)}`;
    return { source: where, problem };
  }
}
