/** Rankings of rare diseases, a line a case. */
import { UserError } from "../../core/errors.ts";
import type { ServedCases } from "../../core/serving/serving.ts";
import { createTerms } from "../../serving/clinical/case.ts";
import { diagnoseCase } from "../../serving/clinical/diagnose.ts";
import type { ReadPatient } from "../../serving/clinical/read.ts";
import { fromCase } from "../../serving/clinical/terms.ts";
import type { OutputCell, OutputColumn } from "./output.ts";
import { patientsOf, placing } from "./patients.ts";
import type { PredictedRow, Predictor, PredictorOptions } from "./predictor.ts";

/** @param note told once of each thing that is worth knowing */
export function createCasePredictor(
  model: ServedCases,
  { explain, proba, top, abstention }: PredictorOptions,
  note: (message: string) => void,
): Predictor {
  const terms = createTerms(model.ontology);
  const work = { query: { top: proba ? top : 1, explain: explain > 0 ? 1 : 0 }, abstention };
  const columns: OutputColumn[] = [
    { name: "row", type: "BIGINT" },
    ...["id", "predicted", "name"].map((name): OutputColumn => ({ name, type: "VARCHAR" })),
    ...["probability", "none"].map((name): OutputColumn => ({ name, type: "DOUBLE" })),
    { name: "abstained", type: "BOOLEAN" },
    ...(proba ? [{ name: "ranking", type: "VARCHAR" } as const] : []),
    ...(explain > 0 ? [{ name: "reasons", type: "VARCHAR" } as const] : []),
  ];
  let done = 0;

  const predictOne = (patient: ReadPatient, id: string | null): PredictedRow => {
    const { ranking, reply } = diagnoseCase(model, patient, terms, work);
    for (const notice of reply.notices) note(id === null ? notice : `${id}: ${notice}`);
    const [best] = ranking;
    const predicted = reply.refer_to_clinician ? null : best!.id;
    const cells: OutputCell[] = [
      ...[++done, id, predicted, predicted === null ? null : best!.name],
      ...[best?.probability ?? null, reply.none_of_these, predicted === null],
    ];
    if (proba) cells.push(ranking.map((each) => ({ id: each.id, probability: each.probability })));
    if (explain > 0) {
      const evidence = best?.explained?.evidence ?? [];
      cells.push(evidence.slice(0, explain).map(({ feature, weight }) => ({ feature, weight })));
    }
    return { predicted, cells };
  };

  return {
    columns,
    *predict(batch) {
      if (batch.kind === "cells") {
        throw new UserError("this model ranks diseases for cases, not rows of a table", {
          where: batch.batch.where(0),
          fix: "Give phenopackets (a folder, a .zip, or JSON lines), FHIR bundles, or {present, excluded, sex, age} a line.",
        });
      }
      if (batch.kind === "items") {
        const { items } = batch;
        const patients = patientsOf(items, model);
        for (const [i, one] of patients.entries()) {
          const key = one.form === "clinical" ? one.patient.key : null;
          yield [
            placing(
              () => items[i]!.where,
              i,
              () => predictOne(one, key),
            ),
          ];
        }
      } else {
        for (const one of batch.cases) yield [predictOne({ form: "clinical", patient: fromCase(one) }, one.name)];
      }
    },
  };
}
