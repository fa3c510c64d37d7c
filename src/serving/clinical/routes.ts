/** POST /v1/diagnose: raw columns, phenopackets or FHIR bundles in, ranked diseases with their reasons out. */
import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { createInputReader, type InputReader } from "../../core/serving/input.ts";
import type { ServedCases, ServedModel, ServedTable } from "../../core/serving/serving.ts";
import { type Routes, rowId } from "../context.ts";
import { jsonBody, mediaType } from "../http/body.ts";
import { toRefusal } from "../http/errors.ts";
import { onceFor } from "../models.ts";
import { Refusal } from "../refusal.ts";
import { type Abstention, abstentionFor } from "./abstention.ts";
import { createTerms } from "./case.ts";
import { diagnoseCases, diagnoseTable, type Reply, readRows, rowFor } from "./diagnose.ts";
import { type Mapping, NO_MAPPING } from "./mapping.ts";
import { PatientProblem } from "./patient.ts";
import { PatientsRefusal, placed, problemOf, sendProblem } from "./problems.ts";
import { type Asked, patientsIn, type ReadPatient, readPatient } from "./read.ts";
import { type DiagnoseAnswer, DiagnoseQuery } from "./schemas.ts";
import type { ReadPhenopacket } from "./terms.ts";

export interface ClinicalOptions {
  readonly phenopacket: ReadPhenopacket;
  readonly mapping?: Mapping;
  /** Milliseconds since the epoch. */
  now?(): number;
}

/** Patients of one request: each may be explained, which takes longer than to predict. */
const MOST_PATIENTS = 1000;
const MOST_CASES = 100;

const DISCLAIMER =
  "An estimate by a statistical model, to be judged by a clinician: not a diagnosis, and not checked against the patient's record.";

export const clinicalRoutes =
  ({ phenopacket, mapping = NO_MAPPING, now = Date.now }: ClinicalOptions): Routes =>
  (app, context) => {
    const readerOf = onceFor((model: ServedTable) => createInputReader(model.input));
    const termsOf = onceFor((model: ServedCases) => createTerms(model.ontology));
    const abstentionOf = onceFor((model: ServedModel) => abstentionFor(model, context.settings.abstain).abstention);
    app.register(async (scope) => {
      scope.setErrorHandler((error, request, reply) => {
        const refusal =
          error instanceof PatientProblem || error instanceof PatientsRefusal ? error : toRefusal(error, request);
        return sendProblem(reply, problemOf(refusal, request.id), refusal instanceof Refusal ? refusal.headers : {});
      });
      scope.post("/v1/diagnose", async (request, reply): Promise<DiagnoseAnswer> => {
        const query = queryOf(request);
        const type = mediaType(request);
        if (!/^application\/(?:[\w.-]+\+)?json$/.test(type)) {
          throw new Refusal(415, "BAD_REQUEST", "JSON is understood: application/json or application/fhir+json");
        }
        const body = jsonBody(request);
        using lease = context.current();
        const { model } = lease;
        const most = model.kind === "table" ? Math.min(MOST_PATIENTS, context.settings.maxRows) : MOST_CASES;
        const asked = patientsIn(body, most);
        const patients = each(asked, (place) => readPatient(asked[place]!, model, phenopacket, now()));
        const work = { query, abstention: abstentionOf(model) };
        const facts = { request: request.id, id: randomUUID() };
        const keys = patients.map((one, i) => asked[i]!.key ?? (one.form === "clinical" ? one.patient.key : null));
        let replies: readonly Reply[];
        if (model.kind === "table") {
          const rows = rowsOf(asked, patients, readerOf(model), mapping);
          const done = await diagnoseTable(model, rows, work);
          replies = done.replies;
          const abstained = replies.map((each) => each.refer_to_clinician);
          const { frame, proba } = done;
          context.answered({ kind: "table", model, frame, proba, patients: keys, abstained, ...facts });
        } else {
          const done = await diagnoseCases(model, patients, termsOf(model), work);
          replies = done.map((each) => each.reply);
          done.forEach(({ one, ranking, reply: { refer_to_clinician: abstained } }, i) => {
            const id = rowId(facts.id, done.length, i);
            context.answered({
              kind: "cases",
              model,
              one,
              ranking,
              patient: keys[i]!,
              abstained,
              request: request.id,
              id,
            });
          });
        }
        reply.header("x-prediction-id", facts.id);
        return answer(model, work.abstention, replies, facts);
      });
    });
  };

function queryOf({ query }: FastifyRequest): DiagnoseQuery {
  const read = DiagnoseQuery.safeParse(query);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new Refusal(400, "BAD_REQUEST", `${["query", ...path.map(String)].join(" ")}: ${message}`);
}

/** Does something with each patient; what goes wrong is told with its place in the request. */
function each<T>(asked: readonly Asked[], action: (place: number) => T): T[] {
  return asked.map((_, place) => {
    try {
      return action(place);
    } catch (error) {
      throw placed(error, asked, place);
    }
  });
}

function rowsOf(asked: readonly Asked[], patients: readonly ReadPatient[], reader: InputReader, mapping: Mapping) {
  const rows = each(asked, (place) => rowFor(patients[place]!, reader, mapping));
  try {
    return readRows(rows, reader);
  } catch (error) {
    throw placed(error, asked, 0);
  }
}

function answer(
  { identity }: ServedModel,
  abstention: Abstention,
  replies: readonly Reply[],
  { request, id }: { readonly request: string; readonly id: string },
): DiagnoseAnswer {
  const { name, version, runId, hash, family, codeVersion, knowledge } = identity;
  return {
    request_id: request,
    model: { name, version, run_id: runId, hash, family, code_version: codeVersion },
    knowledge: knowledge && {
      hash: knowledge.hash,
      hpo: knowledge.hpoVersion,
      sources: knowledge.files.map((file) => `${file.what} ${file.version}`.trim()),
    },
    abstention,
    patients: replies.map((each, row) => ({ prediction_id: rowId(id, replies.length, row), ...each })),
    disclaimer: DISCLAIMER,
  };
}
