import { z } from "zod";
import type { PredictionRecord, RawValue } from "../../core/serving/serving.ts";

/**
 * Lines of a segment, each a JSON value. An object says what holds for the rows after it: model, names of features and classes. An
 * array is one prediction: id, time, request, role, patient, abstained, features, probabilities; the last two are lists in the order
 * of the names, or objects where their names are others. It takes a third of the room of objects, and half the time to write.
 */
interface Head {
  readonly disease: 1;
  readonly model: PredictionRecord["model"];
  readonly features: readonly string[];
  readonly probabilities: readonly string[];
}

/** Writes records as lines; the first one begins with its head. To be made anew for each segment. */
export function createEncoder(): (record: PredictionRecord) => string {
  let head: Head | undefined;
  return (record) => {
    const { model } = record;
    let lines = "";
    if (head === undefined || !sameModel(head.model, model)) {
      const { name, version, hash } = model;
      head = {
        disease: 1,
        model: { name, version, hash },
        features: Object.keys(record.features),
        probabilities: Object.keys(record.probabilities),
      };
      lines = `${JSON.stringify(head)}\n`;
    }
    const row = [
      record.id,
      record.time,
      record.request,
      record.role,
      record.patient,
      record.abstained,
      valuesOf(record.features, head.features),
      valuesOf(record.probabilities, head.probabilities),
    ];
    return `${lines}${JSON.stringify(row)}\n`;
  };
}

function sameModel(a: PredictionRecord["model"], b: PredictionRecord["model"]): boolean {
  return a === b || (a.hash === b.hash && a.version === b.version && a.name === b.name);
}

/** The values in the order of the names; the object itself where it has other names. */
function valuesOf<T>(of: Readonly<Record<string, T>>, names: readonly string[]): readonly T[] | typeof of {
  const values: T[] = [];
  for (const name in of) {
    if (names[values.length] !== name) return of;
    values.push(of[name]!);
  }
  return values.length === names.length ? values : of;
}

const Names = z.array(z.string());
const Value: z.ZodType<RawValue> = z.union([z.number(), z.string(), z.boolean(), z.null(), z.array(z.string())]);
const HeadSchema = z.object({
  disease: z.literal(1),
  model: z.object({ name: z.string().nullable(), version: z.string().nullable(), hash: z.string() }),
  features: Names,
  probabilities: Names,
});
const Features = z.record(z.string(), Value);
const Probabilities = z.record(z.string(), z.number());

/** What a line is: a record, the head of those that follow (null), or nothing that can be understood (undefined). */
export function createDecoder(): (line: string) => PredictionRecord | null | undefined {
  let head: Head | undefined;
  return (line) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return undefined;
    }
    if (!Array.isArray(value)) {
      const read = HeadSchema.safeParse(value);
      if (!read.success) return undefined;
      head = read.data;
      return null;
    }
    return head && recordOf(value, head);
  };
}

/** Rows are looked at by hand: there are millions. */
function recordOf(row: readonly unknown[], head: Head): PredictionRecord | undefined {
  const [id, time, request, role, patient, abstained] = row;
  const features = named(row[6], head.features, isRaw, Features);
  const probabilities = named(row[7], head.probabilities, isNumber, Probabilities);
  if (typeof id !== "string" || !isNumber(time) || typeof request !== "string" || typeof abstained !== "boolean")
    return undefined;
  if ((role !== "answer" && role !== "shadow") || (patient !== null && typeof patient !== "string")) return undefined;
  if (features === undefined || probabilities === undefined) return undefined;
  return { id, time, request, model: head.model, role, patient, features, probabilities, abstained };
}

function named<T>(
  values: unknown,
  names: readonly string[],
  isRight: (value: unknown) => value is T,
  schema: z.ZodType<Record<string, T>>,
): Readonly<Record<string, T>> | undefined {
  if (!Array.isArray(values)) return schema.safeParse(values).data;
  if (values.length !== names.length) return undefined;
  const list: unknown[] = values;
  if (!list.every(isRight)) return undefined;
  return Object.fromEntries(names.map((name, i) => [name, list[i] as T])); // a column may be named __proto__
}

const isNumber = (value: unknown): value is number => typeof value === "number";

function isRaw(value: unknown): value is RawValue {
  if (Array.isArray(value)) return value.every((level) => typeof level === "string");
  return value === null || typeof value === "number" || typeof value === "string" || typeof value === "boolean";
}
