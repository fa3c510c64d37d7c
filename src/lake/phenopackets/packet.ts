/** A GA4GH phenopacket (v2, and v1) as a case (https://phenopacket-schema.readthedocs.io). */
import type { CaseTerm, PatientCase } from "../../core/cases.ts";

type Json = Readonly<Record<string, unknown>>;

/** Why a file holds no case; the message is for the user. */
export class NoCase extends Error {}

/**
 * Reads one phenopacket; fields may be spelt as JSON ("phenotypicFeatures") or as protobuf ("phenotypic_features") has them.
 * @throws NoCase when it is no phenopacket of one person
 */
export function caseOf(value: unknown, name: string, source: string): PatientCase {
  const packet = objectOf(value);
  if (packet === undefined) throw new NoCase("it is no phenopacket: a JSON object is expected");
  refuseOthers(packet);
  const features = listOf(packet, "phenotypicFeatures");
  const present: CaseTerm[] = [];
  const excluded: CaseTerm[] = [];
  for (const feature of features) {
    const term = termOf(field(feature, "type"));
    // v1 says "negated" for v2's "excluded".
    const out = field(feature, "excluded") === true || field(feature, "negated") === true;
    if (term) (out ? excluded : present).push(term);
  }
  const subject = objectOf(field(packet, "subject"));
  const diseases = listOf(packet, "diseases").filter((disease) => field(disease, "excluded") !== true);
  return {
    name,
    source,
    id: textOf(field(packet, "id")) ?? name.replace(/\.json$/i, ""),
    present,
    excluded,
    sex: sexOf(subject),
    age: ageOf(subject && (field(subject, "timeAtLastEncounter") ?? field(subject, "ageAtCollection"))),
    onset: onsetOf(diseases),
    diagnoses: diagnosesOf(packet, diseases),
    publication: publicationOf(packet, name),
  };
}

function refuseOthers(packet: Json): void {
  if (field(packet, "proband") !== undefined)
    throw new NoCase("it is a family message; take the proband's phenopacket out of it");
  if (field(packet, "members") !== undefined)
    throw new NoCase("it is a cohort message; take its members' phenopackets out of it");
  if (field(packet, "subject") === undefined && field(packet, "phenotypicFeatures") === undefined)
    throw new NoCase("it is no phenopacket: it has neither subject nor phenotypicFeatures");
}

/** Spellings of protobuf of the keys asked for; there are some fifty. */
const SNAKES = new Map<string, string>();

function snake(key: string): string {
  let spelt = SNAKES.get(key);
  if (spelt === undefined) {
    spelt = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    SNAKES.set(key, spelt);
  }
  return spelt;
}

export function objectOf(value: unknown): Json | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Json) : undefined;
}

export function field(object: unknown, key: string): unknown {
  const json = objectOf(object);
  return json?.[key] ?? json?.[snake(key)] ?? undefined;
}

export function listOf(object: unknown, key: string): readonly unknown[] {
  const value = field(object, key);
  return Array.isArray(value) ? value : [];
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;

export function termOf(value: unknown): CaseTerm | undefined {
  const id = textOf(field(value, "id"));
  const label = textOf(field(value, "label"));
  return id === undefined && label === undefined ? undefined : { id: id ?? "", label: label ?? "" };
}

/** v1 and v2 name them alike; in binary enums some writers give numbers. */
function sexOf(subject: Json | undefined): PatientCase["sex"] {
  const sex = subject && field(subject, "sex");
  if (sex === "FEMALE" || sex === 1) return "female";
  if (sex === "MALE" || sex === 2) return "male";
  return sex === "OTHER_SEX" || sex === 3 ? "other" : "unknown";
}

/** Years of a v2 TimeElement or a v1 Age; of a range its middle; undefined for terms and dates. */
export function ageOf(time: unknown): number | undefined {
  if (time === undefined) return undefined;
  if (field(time, "gestationalAge") !== undefined) return 0;
  const range = field(time, "ageRange") ?? (field(time, "start") === undefined ? undefined : time);
  if (range !== undefined) {
    const ends = [ageOf(field(range, "start")), ageOf(field(range, "end"))];
    const known = ends.filter((end) => end !== undefined);
    return known.length === 0 ? undefined : known.reduce((a, b) => a + b) / known.length;
  }
  const age = field(time, "age");
  return years(textOf(age) ?? textOf(field(age ?? time, "iso8601duration")));
}

/** "P6Y3M2D" in years; undefined where it is no ISO 8601 duration. */
function years(duration: string | undefined): number | undefined {
  const parts =
    /^P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:[\d.]+M)?(?:[\d.]+S)?)?$/.exec(
      duration ?? "",
    );
  if (!parts || duration === "P" || duration === "PT") return undefined;
  const [y, m, w, d, h] = parts.slice(1).map((part) => Number(part ?? 0));
  const sum = y + m / 12 + (w * 7 + d + h / 24) / 365.25;
  return Number.isFinite(sum) ? sum : undefined;
}

function onsetOf(diseases: readonly unknown[]): PatientCase["onset"] {
  for (const disease of diseases) {
    // v1 has classOfOnset and ageOfOnset.
    const onset = field(disease, "onset") ?? field(disease, "ageOfOnset");
    const term = textOf(field(field(onset, "ontologyClass") ?? field(disease, "classOfOnset"), "id"));
    if (term) return { term };
    const age = ageOf(onset);
    if (age !== undefined) return { years: age };
  }
  return undefined;
}

function diagnosesOf(packet: Json, diseases: readonly unknown[]): readonly CaseTerm[] {
  const interpreted = listOf(packet, "interpretations").flatMap((interpretation) => {
    const status = field(interpretation, "progressStatus");
    const term = termOf(field(field(interpretation, "diagnosis"), "disease"));
    return term === undefined || status === "UNSOLVED" ? [] : [term];
  });
  const listed = diseases.flatMap((disease) => termOf(field(disease, "term")) ?? []);
  const found = new Map([...interpreted, ...listed].filter(({ id }) => id !== "").map((term) => [term.id, term]));
  // What a case is interpreted as comes first, however the diseases are listed.
  return [...found.values()];
}

/** The first reference to PubMed, else what the file's name begins with: "PMID_15266616_100.json". */
function publicationOf(packet: Json, name: string): string | undefined {
  const references = listOf(field(packet, "metaData"), "externalReferences").map((r) => textOf(field(r, "id")));
  const cited = references.find((id) => id !== undefined && /^PMID:\d+$/i.test(id));
  if (cited) return cited.toUpperCase();
  const number =
    /(?:^|\/)PMID[_:](\d+)/i.exec(name)?.[1] ?? /^PMID[_:](\d+)/i.exec(textOf(field(packet, "id")) ?? "")?.[1];
  return number === undefined ? undefined : `PMID:${number}`;
}
