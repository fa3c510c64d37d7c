/** Codes, texts and references of FHIR as cells. */
import { SYSTEMS, systemOf } from "../../core/fhir/codes.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Texts are cut here: what is longer is a document that strayed into a field. */
export const LONGEST_TEXT = 100_000;

export const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** What is no object is taken for an empty one. */
export const objectIn = (value: unknown): Json => (isObject(value) ? value : NOTHING);
const NOTHING: Json = Object.freeze({});

export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NO_LIST);
const NO_LIST: readonly unknown[] = Object.freeze([]);

export function textIn(value: unknown): string | null {
  if (typeof value !== "string" || value === "") return null;
  return value.length > LONGEST_TEXT ? value.slice(0, LONGEST_TEXT) : value;
}

export const numberIn = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

export const flagIn = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);

export interface Concept {
  readonly system: string | null;
  readonly code: string | null;
  readonly display: string | null;
  /** All codings as JSON, where there are several. */
  readonly codings: string | null;
}

export const NO_CONCEPT: Concept = { system: null, code: null, display: null, codings: null };

const { snomed, loinc, rxnorm, atc, ndc, cpt, hpo } = SYSTEMS;
const [icd10, icd10cm, icd9cm] = [SYSTEMS.icd10, SYSTEMS["icd10-cm"], SYSTEMS["icd9-cm"]];

/** Systems by preference. */
export const PREFERRED = {
  conditions: [snomed, icd10cm, icd10, icd9cm, hpo],
  observations: [loinc, snomed, hpo],
  procedures: [snomed, cpt],
  medications: [rxnorm, atc, ndc, snomed],
  any: [snomed, loinc],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The coding of the most preferred system, else the first one; words in place of codes where there are none. */
export function conceptOf(value: unknown, preferred: readonly string[]): Concept {
  const concept = objectIn(value);
  const codings = listIn(concept.coding);
  let best: Json | undefined;
  let rank = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const coding of codings) {
    if (!isObject(coding) || typeof coding.code !== "string" || coding.code === "") continue;
    count++;
    const found = typeof coding.system === "string" ? preferred.indexOf(systemOf(coding.system)) : -1;
    const own = found < 0 ? preferred.length : found;
    if (own < rank) [best, rank] = [coding, own];
  }
  const words = textIn(concept.text);
  if (best === undefined) return words === null ? NO_CONCEPT : { ...NO_CONCEPT, display: words };
  const system = textIn(best.system);
  return {
    system: system && systemOf(system),
    code: textIn(best.code)!.trim(),
    display: textIn(best.display) ?? words,
    codings: count > 1 ? JSON.stringify(codings.flatMap(plainCoding)) : null,
  };
}

function plainCoding(coding: unknown): readonly Json[] {
  const { system, code, display } = objectIn(coding);
  if (textIn(code) === null) return [];
  return [{ system: textIn(system), code: textIn(code), display: textIn(display) }];
}

/** The first code of a concept or a list of them, else its words: of statuses, categories and interpretations. */
export function codeOf(value: unknown): string | null {
  const { code, display } = conceptOf(Array.isArray(value) ? value[0] : value, []);
  return code ?? display;
}

/** The prefix of reasons, of the first concept of a list. */
export function reasonOf(value: unknown): {
  readonly reason_system: string | null;
  readonly reason_code: string | null;
  readonly reason_display: string | null;
} {
  const { system, code, display } = conceptOf(listIn(value)[0], PREFERRED.conditions);
  return { reason_system: system, reason_code: code, reason_display: display };
}

/** Type and id of "Patient/1", "https://server/fhir/Patient/1/_history/2". */
const ADDRESS = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?$/;

export interface Target {
  /** Undefined where the reference does not say it. */
  readonly type?: string;
  readonly id: string;
}

/**
 * What a reference points to; a conditional or logical one ("Patient?identifier=…") by its own words.
 * @param urls ids of resources whose full URL ends otherwise
 */
export function targetOf(value: unknown, urls: ReadonlyMap<string, Target>): Target | undefined {
  const { reference, identifier, type } = objectIn(value);
  const named = typeof type === "string" ? { type } : {};
  if (typeof reference !== "string" || reference === "") {
    const own = objectIn(identifier);
    return typeof own.value !== "string"
      ? undefined
      : { ...named, id: `${textIn(own.system) ?? ""}|${textIn(own.value)}` };
  }
  const known = urls.get(reference);
  if (known !== undefined) return known;
  if (reference.startsWith("urn:uuid:")) return { ...named, id: reference.slice(9) };
  const found = ADDRESS.exec(reference);
  return found === null ? { ...named, id: textIn(reference)! } : { type: found[1]!, id: found[2]! };
}
