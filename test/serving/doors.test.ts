import { expect, test } from "vitest";
import type { Routes } from "../../src/serving/context.ts";
import { parseTokens } from "../../src/serving/http/tokens.ts";
import { ageModel, split, startService } from "../support/serving/serving.ts";

const ROW = split([25, false, "low"]);
const SECRET = "s3cret-s3cret-s3cret";
const OLD = "0ld-0ld-0ld-0ld-0ld-0ld";
const tokens = parseTokens(`${SECRET} # of the ward\n${OLD}:2026-01-31T00:00Z`, "test");
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const AFTER = Date.parse("2026-02-01");

test("where there are tokens, only one that is known and has not expired opens", async () => {
  let now = Date.parse("2026-01-30");
  await using service = startService({ settings: { tokens }, now: () => now });
  expect((await service.post(ROW, bearer(SECRET))).status).toBe(200);
  expect((await service.post(ROW, bearer(OLD))).status).toBe(200);
  now = AFTER;
  expect((await service.post(ROW, bearer(SECRET))).status).toBe(200);
  const challenges = [
    [bearer(OLD), 'Bearer realm="disease", error="invalid_token", error_description="the token has expired"'],
    [bearer("no-such-token-at-all"), 'Bearer realm="disease", error="invalid_token"'],
    [{ authorization: "Basic dXNlcjpwYXNz" }, 'Bearer realm="disease", error="invalid_request"'],
    [{}, 'Bearer realm="disease"'],
  ] as const;
  for (const [headers, challenge] of challenges) {
    const refused = await service.post(ROW, headers);
    expect(refused).toMatchObject({ status: 401, json: { error_code: "UNAUTHENTICATED" } });
    expect(refused.headers["www-authenticate"]).toBe(challenge);
  }
});

test("health and metrics are open unless they are guarded; what is not there is not told to strangers", async () => {
  const get = async (open: { health: boolean; metrics: boolean }, url: string, headers = {}) => {
    await using service = startService({ settings: { tokens, open }, now: () => AFTER });
    return (await service.app.inject({ url, headers })).statusCode;
  };
  for (const url of ["/ping", "/health", "/version", "/metrics"]) {
    expect(await get({ health: true, metrics: true }, url)).toBe(200);
    expect(await get({ health: false, metrics: false }, url)).toBe(401);
    expect(await get({ health: false, metrics: false }, url, bearer(SECRET))).toBe(200);
  }
  expect(await get({ health: true, metrics: true }, "/nothing")).toBe(401);
});

test("tokens that are weak, or expire at no date, are refused without being shown", () => {
  for (const text of [
    "t0o-short",
    "has-a-\u00fc-in-it-so-it-is-none",
    `${SECRET}:soon`,
    `${SECRET}:`,
    `${SECRET}:12`,
  ]) {
    expect(() => parseTokens(text, "the file")).toThrow(/^token 1 (is shorter|has)/);
    expect(() => parseTokens(text, "the file")).not.toThrow(text);
  }
  expect(parseTokens(`# none\n\n`, "the file")).toEqual([]);
  expect(parseTokens(`${SECRET},${OLD} ${SECRET}x`, "the file")).toHaveLength(3);
});

test("a client that asks too often waits; others do not", async () => {
  let now = 0;
  const settings = { tokens: parseTokens(`${SECRET} ${OLD}`, "test"), rate: { perSecond: 2, burst: 3 } };
  await using service = startService({ settings, now: () => now });
  const ask = async (token: string) => (await service.post(ROW, bearer(token))).status;
  expect([await ask(SECRET), await ask(SECRET), await ask(SECRET), await ask(SECRET)]).toEqual([200, 200, 200, 429]);
  expect((await service.post(ROW, bearer(SECRET))).headers["retry-after"]).toBe("1");
  expect(await ask(OLD)).toBe(200);
  now = 500;
  expect([await ask(SECRET), await ask(SECRET)]).toEqual([200, 429]);
  // One who tries tokens is a client too, by address.
  const tries = await Promise.all(["a", "b", "c", "d"].map((letter) => ask(letter.repeat(20))));
  expect(tries).toEqual([401, 401, 401, 429]);
  expect((await service.app.inject({ url: "/ping" })).statusCode).toBe(200);
});

test("a body above the limit is refused with 413", async () => {
  await using service = startService({ settings: { bodyLimit: 1000 } });
  expect(await service.post(`{"x": "${"y".repeat(2000)}"}`)).toMatchObject({
    status: 413,
    json: { error_code: "BAD_REQUEST" },
  });
});

test("a client's request id is kept where it is harmless, else one is made", async () => {
  await using service = startService();
  const idOf = async (id: string) => (await service.post(ROW, { "x-request-id": id })).headers["x-request-id"];
  expect(await idOf("lab-7:3")).toBe("lab-7:3");
  for (const id of ["", "a b", "<script>", "x".repeat(129)]) expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/);
});

test("answers carry headers that keep a browser from doing more with them", async () => {
  await using service = startService();
  for (const url of ["/ping", "/nothing"]) {
    expect((await service.app.inject({ url })).headers).toMatchObject({
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    });
  }
});

test("pages of other origins may not read answers, unless their origin is named", async () => {
  const headersFor = async (corsOrigins: string[], origin: string) => {
    await using service = startService({ settings: { corsOrigins, tokens }, now: () => AFTER });
    const preflight = {
      method: "OPTIONS",
      url: "/invocations",
      headers: { origin, "access-control-request-method": "POST" },
    } as const;
    const asked = await service.app.inject(preflight);
    const posted = await service.post(ROW, { origin, ...bearer(SECRET) });
    return [
      asked.statusCode,
      asked.headers["access-control-allow-origin"],
      posted.headers["access-control-allow-origin"],
    ];
  };
  const [own, other] = ["https://ward.example", "https://evil.example"];
  expect(await headersFor([], own)).toEqual([401, undefined, undefined]);
  expect(await headersFor([own], own)).toEqual([204, own, own]);
  expect(await headersFor([own], other)).toEqual([204, undefined, undefined]);
  expect(await headersFor(["*"], other)).toEqual([204, other, other]);
});

test("an address that is not there is 404, one for another method 405; no path leads to a file", async () => {
  await using service = startService();
  const get = (url: string) => service.app.inject({ url });
  expect(await get("/nothing")).toMatchObject({ statusCode: 404 });
  expect((await get("/nothing")).json()).toMatchObject({ error_code: "ENDPOINT_NOT_FOUND" });
  const wrong = await get("/invocations?age=3");
  expect([wrong.statusCode, wrong.headers.allow, wrong.json().error_code]).toEqual([405, "POST", "METHOD_NOT_ALLOWED"]);
  const paths = [
    "/../package.json",
    "/%2e%2e/package.json",
    "/..%2fpackage.json",
    "/page/../../package.json",
    "/ping/..%5c..",
    "//etc/passwd",
    "/%00",
  ];
  for (const path of paths) expect((await get(path)).statusCode, path).toBeGreaterThanOrEqual(400);
});

test("while the service has more in hand than it can do, new requests are refused and may come back; checks are not", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow: Routes = (app) => {
    app.get("/slow", async () => promise);
  };
  await using service = startService({ settings: { pressure: { inFlight: 2, lag: 60_000 } }, routes: [slow] });
  const held = [service.app.inject({ url: "/slow" }), service.app.inject({ url: "/slow" })];
  await service.app.ready();
  const refused = await service.post(ROW);
  expect(refused).toMatchObject({ status: 503, json: { error_code: "TEMPORARILY_UNAVAILABLE" } });
  expect(refused.headers["retry-after"]).toBe("1");
  expect((await service.app.inject({ url: "/ping" })).statusCode).toBe(200);
  resolve();
  await Promise.all(held);
  expect((await service.post(ROW)).status).toBe(200);
});

test("a service whose event loop is behind refuses as well", async () => {
  await using service = startService({ settings: { pressure: { inFlight: 100, lag: -1000 } } });
  expect((await service.post(ROW)).status).toBe(503);
});

test("while it drains it is not ready, and takes no new requests once it says so", async () => {
  await using service = startService();
  service.service.drain(true);
  expect((await service.app.inject({ url: "/health" })).statusCode).toBe(503);
  expect((await service.post(ROW)).status).toBe(200);
  service.service.drain(false);
  expect((await service.post(ROW)).status).toBe(503);
});

test("the log has a line for each request, with neither values nor what an address asks for", async () => {
  await using service = startService({ settings: { tokens }, now: () => AFTER });
  await service.post(split([25, false, "secret"]), bearer(SECRET));
  await service.post('{"secret', bearer(SECRET));
  await service.app.inject({ url: "/secret?patient=secret", headers: bearer(SECRET) });
  const log = service.lines.join("");
  expect(service.lines).toHaveLength(3);
  expect(JSON.parse(service.lines[0]!)).toMatchObject({
    method: "POST",
    route: "/invocations",
    status: 200,
    request: expect.any(String),
  });
  expect(log).not.toContain("secret");
  expect(log).not.toContain(SECRET);
});

test("metrics count by route, status and class, and name the model", async () => {
  await using service = startService();
  await service.post(split([25, false, "low"], [75, false, "low"], [10, true, "high"]));
  await service.post("{");
  await service.service.close();
  expect(await service.metric(/http_requests_total.*200/)).toBe(
    'disease_http_requests_total{route="/invocations",method="POST",status="200"} 1',
  );
  expect(await service.metric(/http_requests_total.*400/)).toMatch(/ 1$/);
  expect(await service.metric(/predictions_total.*cold/)).toBe(
    'disease_predictions_total{role="answer",class="cold"} 2',
  );
  expect(await service.metric(/^disease_model_info/)).toMatch(/name="skin",version="1"/);
  expect(await service.metric(/^disease_prediction_log_written/)).toBe("disease_prediction_log_written_total 3");
  expect(await service.metric(/^# TYPE disease_prediction_log_written/)).toMatch(/ counter$/);
  expect(await service.metric(/^disease_requests_in_flight/)).toBe("disease_requests_in_flight 0");
  expect((await service.app.inject({ url: "/metrics" })).headers["content-type"]).toMatch(
    /^text\/plain; version=0\.0\.4/,
  );
});

test("an error of ours says no more than that, and the service goes on", async () => {
  const fail = {
    predictProba: () => {
      throw new Error("secret value 7");
    },
  };
  await using service = startService({ model: { ...ageModel(), ...fail } });
  const { status, json } = await service.post(ROW);
  expect(status).toBe(500);
  expect(json).toMatchObject({ error_code: "INTERNAL_ERROR" });
  expect(JSON.stringify(json)).not.toContain("secret");
  expect((await service.app.inject({ url: "/ping" })).statusCode).toBe(200);
});
