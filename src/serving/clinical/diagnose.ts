/** From patients to ranked diseases with their reasons. */
import { setImmediate as turn } from "node:timers/promises";
import type { PatientCase } from "../../core/cases.ts";
import type { Frame } from "../../core/dataset.ts";
import { cellsOf, type InputReader } from "../../core/serving/input.ts";
import type { Explained, ServedCases, ServedTable } from "../../core/serving/serving.ts";
import type { Abstention } from "./abstention.ts";
import { caseFor, type Terms } from "./case.ts";
import type { Mapping } from "./mapping.ts";
import type { ReadPatient } from "./read.ts";
import { rowOf, type TableRow } from "./row.ts";
import type { DiagnoseQuery, Diagnosis, DiseaseAnswer } from "./schemas.ts";

export type Reply = Omit<Diagnosis, "prediction_id">;

/** Milliseconds of work after which others get their turn. */
const SLICE = 20;

interface Work {
  readonly query: DiagnoseQuery;
  readonly abstention: Abstention;
}

export interface TableReplies {
  readonly frame: Frame;
  /** [frame.rows × classes] */
  readonly proba: Float32Array;
  readonly replies: readonly Reply[];
}

/** Patients as rows of a table model. */
export interface TableRows {
  readonly frame: Frame;
  /** [frame.rows] */
  readonly notices: readonly (readonly string[])[];
}

/** @throws PatientProblem */
export function rowFor(patient: ReadPatient, reader: InputReader, mapping: Mapping): TableRow {
  if (patient.form === "clinical") return rowOf(patient.patient, reader.input, mapping);
  return { row: patient.row, notices: extraColumns(patient.row, reader) };
}

/** @throws InputError */
export function readRows(read: readonly TableRow[], reader: InputReader): TableRows {
  const cell = cellsOf(
    reader.input,
    read.map(({ row }) => row),
  );
  const { frame, notices } = reader.read(read.length, cell);
  // What the reader noticed is of all rows together: it is looked for again in each.
  const own = (row: number): readonly string[] =>
    notices.length === 0 ? [] : reader.read(1, (column) => cell(column, row)).notices;
  return { frame, notices: read.map((one, row) => [...one.notices, ...own(row)]) };
}

function extraColumns(row: object, { input }: InputReader): readonly string[] {
  const known = new Set(input.map(({ name }) => name));
  const extra = Object.keys(row).filter((name) => !known.has(name)).length;
  return extra === 0 ? [] : [`${extra} ${extra === 1 ? "column is" : "columns are"} none of this model: not looked at`];
}

/** @throws PatientProblem, InputError */
export async function diagnoseTable(
  model: ServedTable,
  { frame, notices }: TableRows,
  { query, abstention }: Work,
): Promise<TableReplies> {
  const proba = model.predictProba(frame);
  const replies: Reply[] = [];
  let begun = performance.now();
  for (let row = 0; row < frame.rows; row++) {
    const own = proba.subarray(row * model.classes.length, (row + 1) * model.classes.length);
    const order = [...own.keys()].sort((a, b) => own[b]! - own[a]!).slice(0, query.top);
    const reason = reasonOf(own[order[0]!]!, null, abstention);
    const diseases = order.map((code, at): DiseaseAnswer => {
      const interval = model.interval(code, own[code]!);
      const evidence = at < query.explain && reason === null ? reasons(model.explain(frame, row, code)) : null;
      return {
        ...{ rank: at + 1, id: null, name: model.classes[code]!, probability: own[code]! },
        ...{ interval: interval && [interval[0], interval[1]], evidence },
      };
    });
    replies.push(reply(diseases, reason, null, notices[row]!));
    begun = await breathe(begun);
  }
  return { frame, proba, replies };
}

export interface CaseReply {
  readonly one: PatientCase;
  readonly ranking: ReturnType<ServedCases["rank"]>["ranking"];
  readonly reply: Reply;
}

/** @throws PatientProblem for raw columns */
export async function diagnoseCases(
  model: ServedCases,
  patients: readonly ReadPatient[],
  terms: Terms,
  work: Work,
): Promise<readonly CaseReply[]> {
  const replies: CaseReply[] = [];
  let begun = performance.now();
  for (const one of patients) {
    replies.push(diagnoseCase(model, one, terms, work));
    begun = await breathe(begun);
  }
  return replies;
}

/** @throws PatientProblem for raw columns */
export function diagnoseCase(
  model: ServedCases,
  patient: ReadPatient,
  terms: Terms,
  { query, abstention }: Work,
): CaseReply {
  if (patient.form === "raw") throw new Error("a model that ranks reads no raw columns");
  const { one, notices } = caseFor(patient.patient, terms);
  const ranked = model.rank(one, query.top, query.explain);
  const none = ranked.none ?? null;
  const reason =
    ranked.ranking.length === 0
      ? "no symptom is known to the model: there is nothing to rank by"
      : reasonOf(ranked.ranking[0]!.probability, none, abstention);
  const diseases = ranked.ranking.map(
    ({ id, name, probability, explained }, at): DiseaseAnswer => ({
      ...{ rank: at + 1, id, name, probability, interval: null },
      evidence: explained === undefined ? null : reasons(explained),
    }),
  );
  return { one, ranking: ranked.ranking, reply: reply(diseases, reason, none, [...notices, ...ranked.notices]) };
}

/** Why no disease is named; null where one is. */
function reasonOf(best: number, none: number | null, { below, none_above }: Abstention): string | null {
  if (below !== null && best < below) {
    return `the likeliest disease has a probability below ${below}, from which on diseases are named`;
  }
  if (none !== null && none_above !== null && none > none_above) {
    return `the probability that it is none of the diseases looked at is above ${none_above}`;
  }
  return null;
}

function reply(
  diseases: readonly DiseaseAnswer[],
  reason: string | null,
  none: number | null,
  notices: readonly string[],
): Reply {
  return {
    refer_to_clinician: reason !== null,
    reason,
    diseases: reason === null ? [...diseases] : [],
    none_of_these: none,
    notices: [...notices],
  };
}

function reasons({ method, unit, base, evidence }: Explained): DiseaseAnswer["evidence"] {
  const told = evidence.map(({ value, ...rest }) => ({ ...rest, value: Array.isArray(value) ? [...value] : value }));
  type Told = NonNullable<DiseaseAnswer["evidence"]>["for"];
  return {
    ...{ method, unit, base },
    for: told.filter(({ weight }) => weight > 0) as Told,
    against: told.filter(({ weight }) => weight < 0) as Told,
  };
}

/** Lets other requests have their turn when this one has worked long enough. @returns since when this turn lasts */
async function breathe(begun: number): Promise<number> {
  if (performance.now() - begun < SLICE) return begun;
  await turn();
  return performance.now();
}
