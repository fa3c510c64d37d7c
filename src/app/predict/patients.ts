/** Patients of JSON values, read as `POST /v1/diagnose` reads them; what is wrong is told with its place in the file. */
import { UserError } from "../../core/errors.ts";
import { InputError } from "../../core/serving/input.ts";
import type { ServedModel } from "../../core/serving/serving.ts";
import { caseOf } from "../../lake/phenopackets/packet.ts";
import type { JsonItem } from "../../lake/rows/json.ts";
import { PatientProblem } from "../../serving/clinical/patient.ts";
import { type ReadPatient, readPatient } from "../../serving/clinical/read.ts";
import type { ReadPhenopacket } from "../../serving/clinical/terms.ts";

export const readPhenopacket: ReadPhenopacket = (value) => caseOf(value, "", "");

const FIX = "Mend it, or take the patient out.";

/** Does something with the patient of an item. @throws UserError that says where the item stands */
export function placing<T>(where: (row: number) => string, row: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PatientProblem) {
      const { at, problem } = error.fields[0]!;
      throw new UserError(problem, { where: at === "" ? where(row) : `${where(row)}, ${at}`, fix: FIX });
    }
    if (!(error instanceof InputError)) throw error;
    const first = error.problems[0]!;
    throw new UserError(`column ${JSON.stringify(first.column)} ${first.problem}`, {
      where: where(first.row),
      fix: FIX,
    });
  }
}

export function patientsOf(items: readonly JsonItem[], model: ServedModel): readonly ReadPatient[] {
  const now = Date.now();
  return items.map(({ value, where }, place) =>
    placing(
      () => where,
      place,
      () => readPatient({ value, place }, model, readPhenopacket, now),
    ),
  );
}
