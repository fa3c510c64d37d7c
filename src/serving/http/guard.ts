import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Access, ServeContext, ServeSettings } from "../context.ts";
import { Refusal } from "../refusal.ts";
import { draining } from "./errors.ts";
import type { Pressure } from "./pressure.ts";
import { createRateLimit } from "./rate.ts";
import { judgeToken } from "./tokens.ts";

/** What a page of ours may need is set by the page's route; an answer to a program needs nothing. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

const EXPOSED = "X-Request-Id, X-Prediction-Id, X-Model";

interface Doors {
  readonly context: ServeContext;
  readonly pressure: Pressure;
  /** Whether clients prove who they are by a certificate. */
  readonly tls: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What every request passes before its route: headers, drain, who it is, how often it asks, whether there is room. */
export function guard(app: FastifyInstance, { context, pressure, tls, now }: Doors): void {
  const { settings } = context;
  const rate = settings.rate === null ? null : createRateLimit(settings.rate);
  const headers = tls ? { ...HEADERS, "strict-transport-security": "max-age=31536000" } : HEADERS;

  // Held at the door, so that whatever ends a request lets it go again.
  app.addHook("onRequest", (request, reply, done) => {
    pressure.inFlight++;
    reply.raw.once("close", () => {
      pressure.inFlight--;
    });
    reply.headers(headers).header("x-request-id", request.id);
    done(check(request, reply));
  });

  // Who keeps a connection open would keep the service from its end.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (!context.isReady()) reply.header("connection", "close");
    done();
  });

  const check = (request: FastifyRequest, reply: FastifyReply): Error | undefined => {
    allowOrigin(request, reply, settings.corsOrigins);
    const access = request.routeOptions.config.access ?? "token";
    const needsToken = settings.tokens.length > 0 && !isOpen(access, settings);
    const verdict = needsToken ? judgeToken(request.headers.authorization, settings.tokens, now()) : null;
    const client = verdict?.kind === "known" ? verdict.client : request.ip;
    if (access === "health") return verdict === null ? undefined : unauthenticated(verdict.kind);
    const wait = rate?.take(client, now()) ?? 0;
    if (wait > 0) {
      return new Refusal(429, "REQUEST_LIMIT_EXCEEDED", "You ask too often", { headers: { "retry-after": `${wait}` } });
    }
    const refused = verdict === null ? undefined : unauthenticated(verdict.kind);
    if (refused || access === "metrics") return refused;
    if (!context.isAnswering()) return draining();
    const { inFlight, lag } = settings.pressure;
    if (pressure.inFlight <= inFlight && pressure.lag() <= lag) return undefined;
    return new Refusal(503, "TEMPORARILY_UNAVAILABLE", "The service has more to do than it can; ask again shortly", {
      headers: { "retry-after": "1" },
    });
  };

  if (settings.corsOrigins.length > 0) answerPreflights(app);
}

function isOpen(access: Access, { open }: ServeSettings): boolean {
  return access === "open" || (access === "health" && open.health) || (access === "metrics" && open.metrics);
}

const CHALLENGES = {
  none: ["", "A bearer token is needed: Authorization: Bearer TOKEN"],
  malformed: [', error="invalid_request"', "The Authorization header is not: Bearer TOKEN"],
  unknown: [', error="invalid_token"', "The token is not known"],
  expired: [', error="invalid_token", error_description="the token has expired"', "The token has expired"],
} as const;

function unauthenticated(kind: keyof typeof CHALLENGES | "known"): Refusal | undefined {
  if (kind === "known") return undefined;
  const [challenge, message] = CHALLENGES[kind];
  return new Refusal(401, "UNAUTHENTICATED", message, {
    headers: { "www-authenticate": `Bearer realm="disease"${challenge}` },
  });
}

function allowOrigin({ headers }: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const { origin } = headers;
  if (origin === undefined || origins.length === 0) return;
  reply.header("vary", "Origin");
  if (!origins.includes(origin) && !origins.includes("*")) return;
  reply.headers({
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED,
    "cross-origin-resource-policy": "cross-origin",
  });
}

function answerPreflights(app: FastifyInstance): void {
  app.options("/*", { config: { access: "open" } }, (_request, reply) =>
    reply
      .code(204)
      .headers({
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "Authorization, Content-Type, X-Request-Id",
        "access-control-max-age": "600",
      })
      .send(),
  );
}
