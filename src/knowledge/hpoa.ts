/** phenotype.hpoa: what is known of diseases in terms of the HPO (https://obophenotype.github.io/human-phenotype-ontology/annotations/phenotype_hpoa/). */
import { UserError } from "../core/errors.ts";
import { type Annotations, ASPECTS, FrequencyClass, type Ontology } from "../core/knowledge.ts";

export const WHERE_HPOA = "phenotype.hpoa is at https://hpo.jax.org/data/annotations.";

export interface ParsedAnnotations {
  readonly version: string;
  /** Release of the HPO that it was made with, e.g. "2025-01-16"; empty where it is not said. */
  readonly hpoVersion: string;
  /** A remark in the header says that it is an excerpt, as that which ships does. */
  readonly excerpt: boolean;
  readonly diseases: readonly string[];
  readonly names: readonly string[];
  readonly annotations: Annotations;
  /** Rows whose term the ontology does not have; they are left out. */
  readonly unknownTerms: number;
}

const COLUMNS =
  "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier aspect biocuration".split(
    " ",
  );
const SEXES: Readonly<Record<string, number>> = { FEMALE: 1, MALE: 2 };
/** What the header's counts call a database, and its prefix in ids. */
const DATABASES: Readonly<Record<string, string>> = { ORPHANET: "ORPHA" };

/**
 * Reads the annotations of a release.
 * @throws UserError with the line where a row is broken, or when there are fewer diseases than the header announces
 */
export function parseHpoa(text: string, path: string, ontology: Ontology): ParsedAnnotations {
  const rows = createRows(ontology, linesIn(text));
  const diseases = new Map<string, { index: number; name: string }>();
  const header: string[] = [];
  let unknownTerms = 0;
  let line = 0;
  let seenColumns = false;
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    const content = text.slice(at, text[end - 1] === "\r" ? end - 1 : end);
    at = end + 1;
    line++;
    if (content === "") continue;
    if (content.startsWith("#")) {
      header.push(content);
      continue;
    }
    const cells = content.split("\t");
    if (!seenColumns) {
      checkColumns(cells, path, line);
      seenColumns = true;
      continue;
    }
    if (cells.length !== COLUMNS.length || !ASPECTS.includes(cells[10]) || cells[10] === "")
      throw new UserError("the annotation file is cut short or broken: a row does not have its twelve columns", {
        where: `${path}, line ${line}`,
        fix: WHERE_HPOA,
      });
    const known = diseases.get(cells[0]) ?? { index: diseases.size, name: cells[1] };
    diseases.set(cells[0], known);
    const term = ontology.indexOf(cells[3]);
    if (term === undefined) unknownTerms++;
    else rows.add(known.index, term, cells);
  }
  if (!seenColumns) checkColumns([], path, line);
  checkCounts(header, [...diseases.keys()], path);
  return { ...headerOf(header), ...rows.arrange(diseases), unknownTerms };
}

function checkColumns(cells: readonly string[], path: string, line: number): void {
  if (COLUMNS.every((name, i) => cells[i] === name)) return;
  throw new UserError("this is no annotation file: its columns are not those of phenotype.hpoa", {
    where: `${path}, line ${line}`,
    fix: [`The columns are ${COLUMNS.join(", ")}.`, WHERE_HPOA],
  });
}

function headerOf(header: readonly string[]): Pick<ParsedAnnotations, "version" | "hpoVersion" | "excerpt"> {
  const value = (key: string): string =>
    header.find((text) => text.startsWith(`#${key}:`))?.slice(key.length + 2) ?? "";
  return {
    version: (value("version") || value("date")).trim(),
    hpoVersion: /\d{4}-\d{2}-\d{2}/.exec(value("hpo-version"))?.[0] ?? "",
    excerpt: /excerpt/i.test(value("remark")),
  };
}

/** The description announces how many diseases there are: "[8359: OMIM; 47: DECIPHER; 4283 ORPHANET]"; not to the last one. */
function checkCounts(header: readonly string[], diseases: readonly string[], path: string): void {
  const description = header.find((text) => text.startsWith("#description")) ?? "";
  for (const [, count, database] of description.matchAll(/(\d+):? +([A-Z]+)/g)) {
    const prefix = `${DATABASES[database] ?? database}:`;
    const found = diseases.filter((id) => id.startsWith(prefix)).length;
    if (found < 0.99 * Number(count))
      throw new UserError(
        `the annotation file is cut short: it announces ${count} diseases of ${database} and holds ${found}`,
        { where: path, fix: WHERE_HPOA },
      );
  }
}

/** Rows as they come, and the tables of them by disease; texts of the file are not held on to. */
function createRows(
  ontology: Ontology,
  most: number,
): {
  add(disease: number, term: number, cells: readonly string[]): void;
  arrange(
    diseases: ReadonlyMap<string, { index: number; name: string }>,
  ): Pick<ParsedAnnotations, "diseases" | "names" | "annotations">;
} {
  const diseaseOf = new Uint32Array(most);
  const raw = columns(most);
  let rows = 0;
  const modifiers = new Map([["", 0]]);
  const references = new Map<string, number>();
  return {
    add(disease, term, cells) {
      const [, , qualifier, , reference, , onset, frequency, sex, modifier, aspect] = cells;
      const count = /^(\d+)\/(\d+)$/.exec(frequency);
      diseaseOf[rows] = disease;
      raw.term[rows] = term;
      raw.aspect[rows] = ASPECTS.indexOf(aspect);
      raw.negated[rows] = qualifier === "NOT" ? 1 : 0;
      raw.hits[rows] = Number(count?.[1] ?? 0);
      raw.total[rows] = Number(count?.[2] ?? 0);
      raw.share[rows] = frequency.endsWith("%") ? Number.parseFloat(frequency) / 100 : Number.NaN;
      raw.frequency[rows] = frequencyClass(frequency);
      raw.onset[rows] = onset === "" ? -1 : (ontology.indexOf(onset) ?? -1);
      raw.sex[rows] = SEXES[sex.toUpperCase()] ?? 0;
      raw.modifier[rows] = numberOf(modifiers, modifier);
      raw.reference[rows] = numberOf(references, reference);
      rows++;
    },
    arrange(found) {
      const entries = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
      const place = new Uint32Array(entries.length);
      entries.forEach(([, { index }], i) => {
        place[index] = i;
      });
      const offsets = new Uint32Array(entries.length + 1);
      for (let row = 0; row < rows; row++) offsets[place[diseaseOf[row]] + 1]++;
      for (let i = 0; i < entries.length; i++) offsets[i + 1] += offsets[i];
      const next = offsets.slice();
      const from = new Uint32Array(rows);
      for (let row = 0; row < rows; row++) from[next[place[diseaseOf[row]]]++] = row;
      const sorted = columns(rows);
      for (const key of Object.keys(raw) as (keyof typeof raw)[]) {
        const [source, target] = [raw[key], sorted[key]];
        for (let i = 0; i < rows; i++) target[i] = source[from[i]];
      }
      return {
        diseases: entries.map(([id]) => id),
        names: entries.map(([, { name }]) => name),
        annotations: { offsets, ...sorted, modifiers: [...modifiers.keys()], references: [...references.keys()] },
      };
    },
  };
}

const columns = (rows: number) => ({
  term: new Uint32Array(rows),
  aspect: new Uint8Array(rows),
  negated: new Uint8Array(rows),
  hits: new Uint32Array(rows),
  total: new Uint32Array(rows),
  share: new Float32Array(rows),
  frequency: new Uint8Array(rows),
  onset: new Int32Array(rows),
  sex: new Uint8Array(rows),
  modifier: new Uint16Array(rows),
  reference: new Uint32Array(rows),
});

function linesIn(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** The number of a text in a list of distinct ones, to which it is added when it is new. */
function numberOf(texts: Map<string, number>, text: string): number {
  const number = texts.get(text) ?? texts.size;
  texts.set(text, number);
  return number;
}

/** "HP:0040280" to "HP:0040285" → 1 to 6 */
function frequencyClass(id: string): number {
  const number = Number(/^HP:004028([0-5])$/.exec(id)?.[1] ?? Number.NaN);
  return Number.isNaN(number) ? FrequencyClass.none : number + 1;
}
