/** What a run's files say, read for showing it. Pure: bytes in, plain data out. */
import { csvRows } from "../core/formats/csv.ts";
import type { Run } from "../core/store.ts";
import { Tag } from "../core/trial.ts";
import type { Facts } from "../experiments/facts.ts";
import type { ClassRow } from "../reports/per-class.ts";

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const numberOf = (text: string | undefined): number => (text ? Number(text) : Number.NaN);

export interface PerClass {
  /** The worst recall first; of equal ones the worse F1, then the class with more rows; undefined ones last. */
  readonly classes: readonly ClassRow[];
  readonly averages: readonly ClassRow[];
}

/** reports/per_class.csv */
export function perClassOf(bytes: Uint8Array): PerClass {
  const rows = csvRows(textOf(bytes))
    .slice(1)
    .map(
      ([name = "", support, precision, recall, f1, orphan]): ClassRow => ({
        class: name,
        support: numberOf(support),
        precision: numberOf(precision),
        recall: numberOf(recall),
        f1: numberOf(f1),
        orphan: orphan === "true",
      }),
    );
  // They are the last two, whatever a class is called.
  const classes = rows.slice(0, -2);
  const last = (value: number): number => (Number.isNaN(value) ? 2 : value);
  classes.sort((a, b) => last(a.recall) - last(b.recall) || last(a.f1) - last(b.f1) || b.support - a.support);
  return { classes, averages: rows.slice(-2) };
}

export interface Importances {
  /** What the values are, e.g. "mean absolute coefficient". */
  readonly kind: string;
  /** The greatest first. */
  readonly features: readonly { readonly name: string; readonly value: number }[];
}

/** reports/feature_importance.csv; a begin of it gives the greatest. */
export function importancesOf(bytes: Uint8Array, whole: boolean): Importances {
  const [head = [], ...rows] = csvRows(textOf(bytes));
  const features = (whole ? rows : rows.slice(0, -1)).map(([name = "", value]) => ({ name, value: numberOf(value) }));
  return { kind: head[1] ?? "importance", features };
}

/** Names of the classes by code, from model/model.json or split.json; undefined where it names none. */
export function classNamesOf(bytes: Uint8Array): readonly string[] | undefined {
  const json = parsed(bytes) as { classes?: unknown; report?: { classes?: readonly { name?: unknown }[] } } | undefined;
  const names = Array.isArray(json?.classes) ? json.classes : json?.report?.classes?.map(({ name }) => name);
  return names?.every((name) => typeof name === "string") ? (names as string[]) : undefined;
}

function parsed(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return undefined; // another program's file of that name, or one that was cut
  }
}

export interface FactSection {
  readonly title: string;
  readonly facts: readonly (readonly [label: string, text: string])[];
}

interface SplitFile {
  readonly seed?: number;
  readonly fold?: number;
  readonly report?: { readonly method?: string; readonly groups?: number | null; readonly droppedRows?: number };
  readonly rows?: Readonly<Record<string, readonly number[]>>;
}

/** What is needed to train it again, and to judge whether the result may differ. What is not known is left out. */
export function factSections(run: Run, files: { facts?: Uint8Array; split?: Uint8Array }): readonly FactSection[] {
  const facts = parsed(files.facts) as Partial<Facts> | undefined;
  const split = parsed(files.split) as SplitFile | undefined;
  const { tags } = run;
  const section = (title: string, facts: Readonly<Record<string, unknown>>): FactSection[] => {
    const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null && value !== "");
    return known.length === 0 ? [] : [{ title, facts: known.map(([label, value]) => [label, String(value)]) }];
  };
  const { git, machine, engines = {}, knowledge = {} } = facts ?? {};
  const parts = Object.entries(split?.rows ?? {}).map(([part, rows]) => `${rows.length} ${part}`);
  const noGit = facts !== undefined && git === null ? "none: the project is no git checkout" : undefined;
  const dirty = git && (git.dirty ? `yes: changes not committed, patch ${git.diffHash.slice(0, 12)}` : "no");
  return [
    ...section("Code", {
      "git commit": git?.commit ?? tags["mlflow.source.git.commit"] ?? noGit,
      "git branch": git?.branch ?? tags["mlflow.source.git.branch"],
      dirty,
      "code version": tags[Tag.codeVersion],
      disease: facts?.disease?.version,
      "experiment file": tags["mlflow.source.name"],
      sweep: tags[Tag.parent],
      "trial key": tags[Tag.trialKey],
    }),
    ...section("Data", {
      "data hash": tags[Tag.dataHash],
      ...Object.fromEntries(
        run.inputs.map((input) => [
          `dataset, ${input.tags["mlflow.data.context"] ?? "input"}`,
          `${input.name} ${input.digest}`,
        ]),
      ),
      "split hash": tags[Tag.splitHash],
      "split seed": split?.seed ?? tags[Tag.seed],
      fold: split?.fold === undefined ? undefined : split.fold + 1,
      rows: parts.join(", "),
      method: split?.report?.method,
      "rows dropped": split?.report?.droppedRows || undefined,
    }),
    ...section("Versions", {
      node: facts?.node,
      ...Object.fromEntries(Object.entries(engines).map(([id, version]) => [id, version ?? "missing"])),
      backend: tags[Tag.backend],
    }),
    ...section("Knowledge", knowledge),
    ...section("Machine", {
      host: machine?.host ?? tags[Tag.host],
      system: machine?.os,
      processor: machine && `${machine.cpu}, ${machine.cores} cores`,
      memory: machine && `${(machine.memoryMb / 1024).toFixed(1)} GiB`,
      user: facts?.user ?? run.info.userId,
    }),
  ];
}
