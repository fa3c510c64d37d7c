/** What turning a resource into rows needs to know, and what is the same for all of them. */
import type { LabValue } from "../../core/units/lab.ts";
import type { LakeRow } from "./batches.ts";
import { type Concept, isObject, type Json, listIn, objectIn, type Target, targetOf, textIn } from "./concept.ts";
import type { FhirTable } from "./tables.ts";
import { type FhirTime, parseTime } from "./time.ts";

export interface Reading {
  /** Milliseconds since the epoch. */
  readonly now: number;
  add(table: FhirTable, row: LakeRow): void;
  /** Of something that is told at the end, by how often it occurred. */
  count(what: Counted): void;
  readonly lab: (loinc: string, value: number, unit: string) => LabValue;
  /** In UCUM's notation; null where it is not understood. */
  readonly ucum: (unit: string) => string | null;
  /** By their full URL, where it does not end with the id. */
  readonly urls: ReadonlyMap<string, Target>;
  /** Of Medication resources, by their id. */
  readonly medications: ReadonlyMap<string, Concept>;
}

export type Counted =
  | "void"
  | "future"
  | "unreadable time"
  | "unit"
  | "range"
  | "not of a patient"
  | "unreadable value";

/** What is doubtful about a row, each once. */
export class Doubts {
  /** "future, unit"; null where nothing is. */
  text: string | null = null;
  readonly reading: Reading;

  constructor(reading: Reading) {
    this.reading = reading;
  }

  add(doubt: "future" | "time", counted: Counted): void {
    this.reading.count(counted);
    if (this.text === null) this.text = doubt;
    else if (!this.text.split(", ").includes(doubt)) this.text += `, ${doubt}`;
  }

  /** A time as its three cells. */
  time(name: string, value: unknown): LakeRow {
    const found = this.parse(value);
    if (found === undefined) return {};
    return { [name]: found.time, [`${name}_precision`]: found.precision, [`${name}_zone`]: found.zone };
  }

  /** Undefined for none, and for what is none. */
  parse(value: unknown): FhirTime | undefined {
    if (value === undefined || value === null) return undefined;
    const found = parseTime(value);
    if (found === undefined) this.add("time", "unreadable time");
    else if (found.time > this.reading.now) this.add("future", "future");
    return found;
  }
}

/** Beginning and end of what is at a time or over a period. */
export function spanOf(resource: Json, ...keys: readonly string[]): { readonly start: unknown; readonly end: unknown } {
  for (const key of keys) {
    const value = resource[key];
    if (typeof value === "string") return { start: value, end: undefined };
    if (!isObject(value)) continue;
    if (Array.isArray(value.event)) return { start: listIn(value.event)[0], end: undefined };
    return { start: value.start ?? value.end, end: value.end };
  }
  return { start: undefined, end: undefined };
}

/** Whose a resource is; null where it is of a group or device. */
export function patientOf(reading: Reading, value: unknown): string | null {
  const target = targetOf(value, reading.urls);
  if (target === undefined) return null;
  if (target.type === undefined || target.type === "Patient") return target.id;
  reading.count("not of a patient");
  return null;
}

export const idOf = (reading: Reading, value: unknown): string | null => targetOf(value, reading.urls)?.id ?? null;

/** Which version of a resource it is. */
export function versionOf(resource: Json): { readonly updated: number | null; readonly version: string | null } {
  const { lastUpdated, versionId } = objectIn(resource.meta);
  return { updated: parseTime(lastUpdated)?.time ?? null, version: textIn(versionId) };
}
