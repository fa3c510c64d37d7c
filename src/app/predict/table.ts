/** Predictions of a table model, a line a row. */

import type { Frame } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import { type Cell, createInputReader } from "../../core/serving/input.ts";
import type { ServedTable } from "../../core/serving/serving.ts";
import { suggestion } from "../../experiments/located.ts";
import type { RowBatch } from "../../lake/rows/text.ts";
import { readRows, rowFor } from "../../serving/clinical/diagnose.ts";
import { NO_MAPPING } from "../../serving/clinical/mapping.ts";
import type { ReadPatient } from "../../serving/clinical/read.ts";
import { fromCase } from "../../serving/clinical/terms.ts";
import type { OutputCell, OutputColumn } from "./output.ts";
import { patientsOf, placing } from "./patients.ts";
import type { PredictedRow, Predictor, PredictorOptions } from "./predictor.ts";

/** Rows at once where each is explained. */
const EXPLAINED_ROWS = 64;

/** @param note told once of each thing that is worth knowing */
export function createTablePredictor(
  model: ServedTable,
  options: PredictorOptions,
  note: (message: string) => void,
): Predictor {
  const { classes, input } = model;
  const { id, explain, proba: writesAll, abstention, mapping = NO_MAPPING } = options;
  const { below } = abstention;
  const reader = createInputReader(input);
  const columns: OutputColumn[] = [
    { name: "row", type: "BIGINT" },
    { name: id ?? "id", type: "VARCHAR" },
    { name: "predicted", type: "VARCHAR" },
    ...["probability", "low", "high"].map((name): OutputColumn => ({ name, type: "DOUBLE" })),
    { name: "abstained", type: "BOOLEAN" },
    ...(writesAll ? classes.map((name): OutputColumn => ({ name: `p:${name}`, type: "DOUBLE" })) : []),
    ...(explain > 0 ? [{ name: "reasons", type: "VARCHAR" } as const] : []),
  ];
  let done = 0;

  const predictFrame = (frame: Frame, ids: (row: number) => string | null): PredictedRow[] => {
    const proba = model.predictProba(frame);
    const first = done;
    done += frame.rows;
    return Array.from({ length: frame.rows }, (_, row) => {
      const own = proba.subarray(row * classes.length, (row + 1) * classes.length);
      let best = 0;
      for (let k = 1; k < own.length; k++) if (own[k]! > own[best]!) best = k;
      const abstained = below !== null && own[best]! < below;
      const [low, high] = model.interval(best, own[best]!) ?? [null, null];
      const predicted = abstained ? null : classes[best]!;
      const cells: OutputCell[] = [first + row + 1, ids(row), predicted, own[best]!, low, high, abstained];
      if (writesAll) cells.push(...own);
      if (explain > 0) cells.push(reasons(frame, row, best));
      return { predicted, cells };
    });
  };

  const reasons = (frame: Frame, row: number, best: number): OutputCell =>
    model
      .explain(frame, row, best)
      .evidence.slice(0, explain)
      .map(({ feature, weight }) => ({ feature, weight }));

  function* predictCells(batch: RowBatch): Generator<PredictedRow[]> {
    const places = input.map(({ name }) => batch.names.indexOf(name.trim().normalize("NFC")));
    checkColumns(batch, places, model, id);
    const idAt = id === undefined ? -1 : batch.names.indexOf(id);
    const step = explain > 0 ? EXPLAINED_ROWS : batch.rows.length;
    for (let from = 0; from < batch.rows.length; from += step) {
      const rows = batch.rows.slice(from, from + step);
      const cell: Cell = (column, row) => rows[row]![places[column]!];
      const { frame, notices } = placing(
        (row) => batch.where(from + row),
        0,
        () => reader.read(rows.length, cell, batch.decimalComma),
      );
      for (const notice of notices) note(notice.replace(/, in \d+ rows?$/, ""));
      yield predictFrame(frame, (row) => (idAt < 0 ? null : textOf(rows[row]![idAt])));
    }
  }

  const predictPatients = (
    patients: readonly ReadPatient[],
    where: (row: number) => string,
    ids: (row: number) => string | null,
  ): PredictedRow[] => {
    const rows = patients.map((one, place) => placing(where, place, () => rowFor(one, reader, mapping)));
    const { frame, notices } = placing(where, 0, () => readRows(rows, reader));
    for (const notice of notices.flat()) note(notice);
    return predictFrame(frame, ids);
  };

  return {
    columns,
    *predict(batch) {
      if (batch.kind === "cells") yield* predictCells(batch.batch);
      else if (batch.kind === "items") {
        const { items } = batch;
        const patients = patientsOf(items, model);
        const idOf = (row: number): string | null => {
          const one = patients[row]!;
          if (one.form === "clinical") return one.patient.key;
          return id !== undefined && Object.hasOwn(one.row, id) ? textOf(one.row[id]) : null;
        };
        yield predictPatients(patients, (row) => items[row]!.where, idOf);
      } else {
        const { cases } = batch;
        const patients = cases.map((one): ReadPatient => ({ form: "clinical", patient: fromCase(one) }));
        yield predictPatients(
          patients,
          (row) => cases[row]!.source,
          (row) => cases[row]!.name,
        );
      }
    },
  };
}

const textOf = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

/** @throws UserError naming all columns that the table lacks */
function checkColumns(
  { names, where }: RowBatch,
  places: readonly number[],
  { input }: ServedTable,
  id?: string,
): void {
  const wanted = [
    ...input.filter((_, i) => places[i]! < 0).map(({ name }) => name),
    ...(id === undefined || names.includes(id) ? [] : [id]),
  ];
  if (wanted.length === 0) return;
  throw new UserError(
    `the table has no ${wanted.length === 1 ? "column" : "columns"} ${wanted.map((name) => JSON.stringify(name)).join(", ")}`,
    {
      where: where(0).replace(/(?::|, row )\d+$/, ""),
      fix: [suggestion(wanted[0]!, names), "A column whose values are not known is there with empty cells."],
    },
  );
}
