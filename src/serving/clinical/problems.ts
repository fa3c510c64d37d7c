/** What cannot be answered, as RFC 9457 has it. */
import type { FastifyReply } from "fastify";
import { InputError } from "../../core/serving/input.ts";
import { Refusal } from "../refusal.ts";
import { PatientProblem } from "./patient.ts";
import type { Asked } from "./read.ts";
import type { Problem } from "./schemas.ts";

const TITLES: Readonly<Record<number, string>> = {
  400: "The request cannot be read",
  413: "The request is too large",
  415: "The request is in another format",
  422: "The request holds something that cannot be used",
  429: "Too many requests",
  503: "The service cannot answer now",
};

type Errors = Problem["errors"];

/** A patient of a request that cannot be used. */
export class PatientsRefusal extends Error {
  readonly errors: Errors;

  constructor(errors: Errors) {
    super(errors[0]!.detail);
    this.name = "PatientsRefusal";
    this.errors = errors;
  }
}

/** Says where in the request a patient's problem is. */
export function placed(error: unknown, asked: readonly Asked[], place: number): unknown {
  if (error instanceof PatientProblem) {
    const { at, place: patient } = asked[place]!;
    return new PatientsRefusal(
      error.fields.map((field) => ({ pointer: at + field.at, patient, detail: field.problem })),
    );
  }
  if (!(error instanceof InputError)) return error;
  return new PatientsRefusal(
    error.problems.map(({ row, column, problem }) => {
      const { at, place: patient } = asked[row]!;
      const detail = `column ${JSON.stringify(column)} ${problem}`;
      return { pointer: `${at}/${column.replaceAll("~", "~0").replaceAll("/", "~1")}`, patient, detail };
    }),
  );
}

export function problemOf(error: PatientProblem | PatientsRefusal | Refusal, request: string): Problem {
  const about = (status: number, detail: string, errors: Errors): Problem => ({
    ...{ type: "about:blank", title: TITLES[status] ?? "The request is refused" },
    ...{ status, detail, request_id: request, errors },
  });
  if (error instanceof Refusal) return about(error.status, error.message, []);
  const errors =
    error instanceof PatientsRefusal
      ? error.errors
      : error.fields.map(({ at, problem }) => ({ pointer: at, patient: null, detail: problem }));
  const { patient, detail } = errors[0]!;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  return about(422, `${patient === null ? "" : `patient ${patient}: `}${detail}${more}`, errors);
}

export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  return reply.code(problem.status).headers(headers).type("application/problem+json").send(JSON.stringify(problem));
}
