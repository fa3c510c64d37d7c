import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import type { Routes, ServeContext } from "./context.ts";
import { answerErrors } from "./http/errors.ts";
import { guard } from "./http/guard.ts";
import type { ServeMetrics } from "./http/metrics.ts";
import { createPressure } from "./http/pressure.ts";

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Whose certificates clients must show; absent: none is asked for. */
  readonly ca?: Buffer;
}

export interface ServerOptions {
  readonly context: ServeContext;
  readonly routes: readonly Routes[];
  readonly metrics: ServeMetrics;
  /** Where the log goes, JSON lines. Absent: nowhere. */
  readonly logTo?: { write(line: string): void };
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  readonly tls?: TlsFiles;
  /** Milliseconds since the epoch. */
  now?(): number;
}

/** Ids that a client may give its requests: what logs and headers can hold without harm. */
const SANE_ID = /^[\w.:/+=-]{1,128}$/;

/** The service, not listening yet. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { context, routes, metrics, logTo, logLevel = "info", tls, now = Date.now } = options;
  const { settings } = context;
  const { headers: headersTimeout, request: requestTimeout } = settings.timeouts;
  const timed = {
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval: Math.max(50, Math.min(1000, headersTimeout / 4)),
    maxHeaderSize: 16_384,
  };
  const common = {
    bodyLimit: settings.bodyLimit,
    requestTimeout,
    forceCloseConnections: "idle" as const,
    logger: logTo === undefined ? (false as const) : { level: logLevel, stream: logTo, base: undefined },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request" }),
    requestIdHeader: false as const,
    genReqId: ({ headers }: IncomingMessage) => {
      const given = headers["x-request-id"];
      return typeof given === "string" && SANE_ID.test(given) ? given : randomUUID();
    },
    routerOptions: { maxParamLength: 200 },
    exposeHeadRoutes: false,
  };
  const app: FastifyInstance =
    tls === undefined
      ? Fastify({ ...common, http: timed })
      : (Fastify({
          ...common,
          https: { ...timed, ...tls, ...(tls.ca && { requestCert: true, rejectUnauthorized: true }) },
        }) as unknown as FastifyInstance);
  app.server.maxConnections = settings.connections;
  app.server.on("drop", metrics.connectionDropped);

  const pressure = createPressure();
  app.addHook("onClose", async () => pressure.stop());
  metrics.watch(pressure);
  guard(app, { context, pressure, tls: tls !== undefined, now });
  answerErrors(app);

  // Routes read bodies themselves, straight into what they need.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "none";
    const { method } = request;
    const { statusCode: status, elapsedTime } = reply;
    metrics.answered(route, method, status, elapsedTime / 1000);
    // Neither address nor query: they may hold what a client should not have put there.
    request.log.info({ method, route, status, ms: Math.round(elapsedTime * 100) / 100, client: request.ip }, "request");
    done();
  });
  for (const add of routes) add(app, context);
  return app;
}
