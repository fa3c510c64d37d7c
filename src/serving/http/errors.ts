import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Refusal, type RefusalCode } from "../refusal.ts";

const CODES: Readonly<Record<number, RefusalCode>> = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "ENDPOINT_NOT_FOUND",
  429: "REQUEST_LIMIT_EXCEEDED",
  503: "TEMPORARILY_UNAVAILABLE",
};

/** Every error as MLflow writes it: {error_code, message}; what is our fault is logged and says no more than that. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => refuse(toRefusal(error, request), reply));
  app.setNotFoundHandler((request, reply) => refuse(notFound(app, request), reply));
}

/** What is told of an error; what is our fault is logged. */
export function toRefusal(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  const { statusCode = 500, message, code } = error as Partial<FastifyError>;
  // The messages of Fastify's own errors are about the request's form.
  if (statusCode < 500 && code?.startsWith("FST_")) {
    return new Refusal(statusCode, CODES[statusCode] ?? "BAD_REQUEST", message ?? "the request cannot be read");
  }
  if (statusCode === 503) return draining();
  request.log.error({ err: error instanceof Error ? error : undefined }, "a request failed");
  return new Refusal(500, "INTERNAL_ERROR", "The service failed; its log says more under this request id");
}

export const draining = (): Refusal =>
  new Refusal(503, "TEMPORARILY_UNAVAILABLE", "The service is about to stop", {
    headers: { "retry-after": "1", connection: "close" },
  });

function notFound(app: FastifyInstance, { url, method }: FastifyRequest): Refusal {
  const path = url.split("?", 1)[0]!;
  const allowed = (["GET", "POST"] as const).filter((other) => app.hasRoute({ url: path, method: other }));
  if (allowed.length === 0 || allowed.some((other) => other === method)) {
    return new Refusal(404, "ENDPOINT_NOT_FOUND", "There is nothing at this address");
  }
  return new Refusal(405, "METHOD_NOT_ALLOWED", `This address takes ${allowed.join(" or ")}`, {
    headers: { allow: allowed.join(", ") },
  });
}

function refuse({ status, code, message, headers, details }: Refusal, reply: FastifyReply): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .send({ error_code: code, message, ...details });
}
