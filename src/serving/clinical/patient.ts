/** What a request tells of a patient in terms and measurements, whichever standard it is written in. */
import type { PatientCase } from "../../core/cases.ts";

export interface Code {
  /** URI; "" where none is given. */
  readonly system: string;
  readonly code: string;
}

/** Something with codes of one or several systems, and perhaps a name in words. */
export interface Concept {
  readonly codes: readonly Code[];
  readonly text: string;
}

/** A symptom or condition that the patient has, or is known not to have. */
export interface Finding extends Concept {
  readonly excluded: boolean;
  /** Where it stands in the request, as a JSON pointer from the patient. */
  readonly at: string;
}

export interface Measurement extends Concept {
  readonly value: number | string | boolean | Concept;
  /** UCUM code, else the unit in words; "" where none is given. */
  readonly unit: string;
  /** Milliseconds since the epoch; undefined where it is not said. */
  readonly time: number | undefined;
  readonly at: string;
}

export interface ClinicalPatient {
  /** What the client calls the patient; hashed before it is kept. */
  readonly key: string | null;
  readonly sex: PatientCase["sex"];
  /** In years. */
  readonly age: number | undefined;
  readonly onset: PatientCase["onset"];
  /** "PMID:15266616" where the patient is one of a publication. */
  readonly publication: string | undefined;
  readonly findings: readonly Finding[];
  readonly measurements: readonly Measurement[];
  /** What was passed over, without values. */
  readonly notices: readonly string[];
}

export interface FieldProblem {
  /** JSON pointer from the patient: "/age". */
  readonly at: string;
  /** Without the value. */
  readonly problem: string;
}

/** A patient that cannot be read. */
export class PatientProblem extends Error {
  readonly fields: readonly FieldProblem[];

  constructor(fields: readonly FieldProblem[]) {
    super(fields[0]!.problem);
    this.name = "PatientProblem";
    this.fields = fields;
  }
}

const HPO_ID = /^HP[:_](\d{7})$/i;

/** "HP:0001250" of a concept that has a code of the HPO, in whichever system's name. */
export function hpoOf({ codes }: Concept): string | undefined {
  for (const { code } of codes) {
    const digits = HPO_ID.exec(code.trim())?.[1];
    if (digits !== undefined) return `HP:${digits}`;
  }
  return undefined;
}

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Own property of an object, whatever else is given. */
export const own = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

export const listIn = (value: unknown, key: string): readonly unknown[] => {
  const list = own(value, key);
  return Array.isArray(list) ? list : [];
};

export const textIn = (value: unknown, key: string): string => {
  const text = own(value, key);
  return typeof text === "string" ? text.trim() : "";
};
