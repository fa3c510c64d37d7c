import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { createInputReader, type InputReader } from "../../core/serving/input.ts";
import type { ServedModel, ServedTable } from "../../core/serving/serving.ts";
import type { Routes, ServeContext } from "../context.ts";
import { jsonBody, mediaType, textBody } from "../http/body.ts";
import { onceFor } from "../models.ts";
import { Refusal, unprocessable } from "../refusal.ts";
import { readCsvRows, readJsonRows } from "./frame.ts";

/** The MLflow whose scoring protocol this is; clients ask for it at /version. */
export const PROTOCOL = "3.17.2";

/** What `mlflow models serve` answers: /invocations, /ping, /health, /version. */
export const mlflowRoutes: Routes = (app, context) => {
  const formsOf = onceFor(
    ({ input, classes }: ServedTable): Forms => ({ reader: createInputReader(input), toJson: createWriter(classes) }),
  );
  const health = { config: { access: "health" } } as const;
  for (const path of ["/ping", "/health"]) {
    app.get(path, health, (_request, reply) =>
      reply
        .code(context.isReady() ? 200 : 503)
        .type("application/json")
        .send("\n"),
    );
  }
  app.get("/version", health, (_request, reply) => reply.type("application/json").send(PROTOCOL));
  app.post("/invocations", (request, reply) => {
    using lease = context.current();
    const { model } = lease;
    if (model.kind === "cases") {
      throw unprocessable("This model ranks diseases for cases, not rows of a table: ask POST /v1/diagnose");
    }
    const { reader, toJson } = formsOf(model);
    const { frame } = readRows(request, reader, context);
    const proba = model.predictProba(frame);
    const id = randomUUID();
    context.answered({ kind: "table", request: request.id, id, model, frame, proba });
    return reply
      .headers({ "x-prediction-id": id, "x-model": modelHeader(model), "content-type": "application/json" })
      .send(toJson(proba));
  });
};

function readRows(request: FastifyRequest, reader: InputReader, { settings }: ServeContext) {
  const type = mediaType(request);
  if (type === "application/json") return readJsonRows(jsonBody(request), reader, settings);
  if (type === "text/csv") return readCsvRows(textBody(request), reader, settings);
  throw new Refusal(
    415,
    "BAD_REQUEST",
    "This predictor only supports the following content types: Types: ['text/csv', 'application/json'].",
  );
}

/** Name and version as a header can hold them; the hash where it has none. */
export function modelHeader({ identity: { name, version, hash } }: ServedModel): string {
  return name === null ? hash.slice(0, 12) : `${encodeURIComponent(name)}/${version}`;
}

/** What reads and writes for a model. */
interface Forms {
  readonly reader: InputReader;
  toJson(proba: Float32Array): string;
}

/** {"predictions": [{CLASS: PROBABILITY, …}, …]}, as MLflow writes a DataFrame: much quicker than JSON.stringify of objects. */
export function createWriter(classes: readonly string[]): (proba: Float32Array) => string {
  const keys = classes.map((name, k) => `${k === 0 ? "{" : ", "}${JSON.stringify(name)}: `);
  return (proba) => {
    const rows = proba.length / classes.length;
    let text = '{"predictions": [';
    for (let row = 0, at = 0; row < rows; row++) {
      if (row > 0) text += ", ";
      for (const key of keys) text += key + proba[at++]!;
      text += "}";
    }
    return `${text}]}`;
  };
}
