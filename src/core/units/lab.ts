/** Values of laboratories in the unit that their LOINC code usually has. */
import { analytes } from "./analytes.ts";
import { type Conversion, conversion } from "./ucum.ts";

export interface LabValue {
  readonly value: number | null;
  /** UCUM; null where the code is none that is known. */
  readonly unit: string | null;
  /** "unit": the unit is not told, or none that this can be measured in; "range": such a value is hardly a patient's. */
  readonly problem: "unit" | "range" | null;
}

const UNKNOWN: LabValue = { value: null, unit: null, problem: null };
/** Units are told in few ways; more different ones are a sign of broken data. */
const MOST_KEPT = 10_000;

/** @returns a conversion that remembers the units that it met */
export function createLabConverter(): (loinc: string, value: number, unit: string) => LabValue {
  const kept = new Map<string, Conversion | null>();
  return (loinc, value, unit) => {
    const analyte = analytes.get(loinc);
    if (analyte === undefined) return UNKNOWN;
    const key = `${loinc} ${unit}`;
    let step = kept.get(key);
    if (step === undefined) {
      step = labConversion(loinc, unit, analyte.unit) ?? null;
      if (kept.size < MOST_KEPT) kept.set(key, step);
    }
    if (step === null) return { value: null, unit: analyte.unit, problem: "unit" };
    const converted = value * step.factor + step.offset;
    const isPlausible = converted >= analyte.low && converted <= analyte.high;
    return { value: converted, unit: analyte.unit, problem: isPlausible ? null : "range" };
  };
}

/**
 * The step between two units of what a LOINC code measures.
 * @param molarMass in place of the one that is known
 * @returns undefined where a unit is not known, or none that this can be measured in
 */
export function labConversion(loinc: string, from: string, to: string, molarMass?: number): Conversion | undefined {
  const analyte = analytes.get(loinc);
  const special = analyte?.special ?? {};
  if (analyte !== undefined && Object.hasOwn(special, from)) {
    const [inside, outside] = [special[from]!, conversion(analyte.unit, to)];
    return outside && { factor: inside.factor * outside.factor, offset: inside.offset * outside.factor };
  }
  const [source, target] = analyte?.isEnzyme ? [enzyme(from), enzyme(to)] : [from, to];
  const substance = { ...analyte, ...(molarMass !== undefined && { molarMass }) };
  return conversion(source, target, substance);
}

/** International units of an enzyme are its U. */
const enzyme = (unit: string): string => unit.replace(/\[i?I?U\]|IU/, "U");
