import { describe, expect, test } from "vitest";
import { DEFAULT_RETRY, pauseAfter, retryAfterOf } from "../src/http/retry.ts";
import { isNotFound, MlflowError } from "../src/index.ts";
import { parseObject } from "../src/json.ts";
import { clientOf, cut, inTurn, json, refuse, standIn } from "./support/stand-in.ts";

const EXPERIMENT = { experiment: { experiment_id: "1", name: "heart", creation_time: "1700000000000" } };

async function failure(promise: Promise<unknown>): Promise<MlflowError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MlflowError);
  return error as MlflowError;
}

describe("a call", () => {
  test("goes below the base path, with user agent, own headers and credentials", async () => {
    const server = await standIn((_, response) => json(response, EXPERIMENT));
    const client = clientOf(`${server.url}/team/mlflow/`, {
      auth: { username: "ana", password: "sésame:1" },
      headers: { "X-Team": "cardio" },
      userAgent: "disease/1.0",
    });
    expect(await client.experiments.get("1")).toMatchObject({ name: "heart", creationTime: 1_700_000_000_000 });
    expect(server.calls).toEqual(["GET /team/mlflow/api/2.0/mlflow/experiments/get?experiment_id=1"]);
    expect(server.seen[0]!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from("ana:sésame:1").toString("base64")}`,
      "x-team": "cardio",
      "user-agent": expect.stringMatching(/^disease\/1\.0 mlflow-js-client\/\d/),
    });
  });

  test("asks functions for credentials and headers before each attempt", async () => {
    const server = await standIn(
      inTurn(
        (_, r) => refuse(r, 503, ""),
        (_, r) => json(r, EXPERIMENT),
      ),
    );
    let calls = 0;
    const client = clientOf(server.url, {
      auth: { token: async () => `token-${++calls}` },
      headers: async () => ({ "x-n": String(calls) }),
    });
    await client.experiments.get("1");
    expect(server.seen.map((s) => [s.headers.authorization, s.headers["x-n"]])).toEqual([
      ["Bearer token-1", "1"],
      ["Bearer token-2", "2"],
    ]);
  });

  test("encodes queries so that any name comes through", async () => {
    const server = await standIn((_, response) => json(response, EXPERIMENT));
    await clientOf(server.url).experiments.getByName("a b&c=d/é+%");
    expect(new URL(server.url + server.seen[0]!.url).searchParams.get("experiment_name")).toBe("a b&c=d/é+%");
  });

  test("reads numbers that are not finite, bare or as texts, and texts that look like them", () => {
    expect(parseObject('{"a": NaN, "b": -Infinity, "c": "say \\"NaN\\"", "d": "NaN"}')).toEqual({
      a: "NaN",
      b: "-Infinity",
      c: 'say "NaN"',
      d: "NaN",
    });
    expect(parseObject("<html>")).toBeUndefined();
    expect(parseObject("[1]")).toBeUndefined();
  });
});

describe("an error", () => {
  test("carries MLflow's code, status, endpoint and whether a repetition may help", async () => {
    const server = await standIn((_, r) => refuse(r, 404, "RESOURCE_DOES_NOT_EXIST", "No run with id x"));
    const error = await failure(clientOf(server.url).runs.get("x"));
    expect(error).toMatchObject({
      kind: "api",
      errorCode: "RESOURCE_DOES_NOT_EXIST",
      status: 404,
      endpoint: "GET /api/2.0/mlflow/runs/get",
      retriable: false,
      message: "GET /api/2.0/mlflow/runs/get: RESOURCE_DOES_NOT_EXIST (404) No run with id x",
    });
    expect(isNotFound(error)).toBe(true);
  });

  test("never shows credentials, not even when the server sends them back", async () => {
    const server = await standIn((request, r) =>
      refuse(
        r,
        400,
        "INVALID_PARAMETER_VALUE",
        `you sent ${request.headers.authorization} ${request.headers["private-token"]} s3cret!`,
      ),
    );
    const client = clientOf(server.url, {
      auth: { username: "ana", password: "s3cret!" },
      headers: { "PRIVATE-TOKEN": "glpat-12345" },
    });
    const error = await failure(client.runs.get("x"));
    const shown = `${error.message} ${error.stack} ${JSON.stringify(error)}`;
    for (const secret of ["s3cret!", "glpat-12345", Buffer.from("ana:s3cret!").toString("base64")]) {
      expect(shown).not.toContain(secret);
    }
    expect(error.message).toContain("you sent ***");
  });

  test("for credentials within the address is given before anything is sent", async () => {
    expect(() => clientOf("http://ana:secret@127.0.0.1:1")).toThrow(/as options/);
    expect(() => clientOf("ftp://127.0.0.1")).toThrow(MlflowError);
  });

  test("tells a page of something else from MLflow", async () => {
    const server = await standIn((_, r) => void r.writeHead(200).end("<html>Sign in</html>"));
    expect(await failure(clientOf(server.url).runs.get("x"))).toMatchObject({ kind: "protocol", retriable: false });
  });

  test("names the address of a redirect instead of following it with the credentials", async () => {
    const server = await standIn(
      (_, r) => void r.writeHead(302, { location: "https://sso.example/login?state=1" }).end(),
    );
    const error = await failure(clientOf(server.url, { auth: { token: "t" } }).runs.get("x"));
    expect(error.message).toMatch(/redirects to https:\/\/sso\.example:/);
    expect(server.seen).toHaveLength(1);
  });

  test("says of a refused connection that nothing was reached, and that it may help to try again", async () => {
    const error = await failure(clientOf("http://127.0.0.1:1", { retry: { attempts: 2 } }).runs.get("x"));
    expect(error).toMatchObject({ kind: "network", retriable: true, reached: false });
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  test("comes in time when the server does not answer", async () => {
    const server = await standIn(() => {});
    const client = clientOf(server.url, { timeout: 30, retry: { attempts: 1 } });
    expect(await failure(client.runs.get("x"))).toMatchObject({ kind: "timeout", retriable: true, reached: true });
  });

  test("comes in time when half of an answer stalls", async () => {
    const server = await standIn((_, r) => void r.writeHead(200, { "content-length": "100" }).write("{"));
    const client = clientOf(server.url, { timeout: 30, retry: { attempts: 1 } });
    expect(await failure(client.runs.get("x"))).toMatchObject({ kind: "timeout", reached: true });
  });

  test("comes at once when the caller aborts, before, while and between attempts", async () => {
    const waiting = await standIn(() => {});
    const before = clientOf(waiting.url).runs.get("x", { signal: AbortSignal.abort() });
    expect(await failure(before)).toMatchObject({ kind: "aborted", retriable: false });
    const controller = new AbortController();
    const during = clientOf(waiting.url).runs.get("x", { signal: controller.signal });
    setImmediate(() => controller.abort());
    expect(await failure(during)).toMatchObject({ kind: "aborted" });
    const pausing = new AbortController();
    const busy = await standIn((_, r) => {
      json(r, {}, 503, { "retry-after": "60" });
      setImmediate(() => pausing.abort());
    });
    expect(await failure(clientOf(busy.url).runs.get("x", { signal: pausing.signal }))).toMatchObject({
      kind: "aborted",
    });
  });
});

describe("retries", () => {
  test.each([429, 500, 502, 503, 504, 408])("a read after a %i", async (status) => {
    const server = await standIn(
      inTurn(
        (_, r) => json(r, {}, status),
        (_, r) => json(r, EXPERIMENT),
      ),
    );
    expect((await clientOf(server.url).experiments.get("1")).name).toBe("heart");
    expect(server.seen).toHaveLength(2);
  });

  test("a read after a cut connection and after half a body", async () => {
    const server = await standIn(
      inTurn(
        (_, r) => cut(r),
        (_, r) => {
          r.writeHead(200, { "content-length": "500" }).write('{"experiment":');
          setImmediate(() => cut(r));
        },
        (_, r) => json(r, EXPERIMENT),
      ),
    );
    expect((await clientOf(server.url).experiments.get("1")).name).toBe("heart");
    expect(server.seen).toHaveLength(3);
  });

  test.each([
    ["INVALID_STATE", 500],
    ["INVALID_PARAMETER_VALUE", 400],
    ["PERMISSION_DENIED", 403],
    ["NOT_IMPLEMENTED", 501],
  ])("not after %s (%i), which will stay", async (code, status) => {
    const server = await standIn((_, r) => refuse(r, status, code));
    await failure(clientOf(server.url).experiments.get("1"));
    expect(server.seen).toHaveLength(1);
  });

  test("not where artifacts are switched off, though the server says 503", async () => {
    const server = await standIn((_, r) => void r.writeHead(503).end("Endpoint disabled … `--no-serve-artifacts`"));
    const owner = { runId: "r", artifactUri: "mlflow-artifacts:/1/r/artifacts" };
    await failure(clientOf(server.url).artifacts.read(owner, "a"));
    expect(server.seen).toHaveLength(1);
  });

  test("end after the given number of attempts", async () => {
    const server = await standIn((_, r) => json(r, {}, 503));
    await failure(clientOf(server.url, { retry: { attempts: 3 } }).experiments.get("1"));
    expect(server.seen).toHaveLength(3);
  });

  test("do not wait longer than allowed for a server that asks for it", async () => {
    const server = await standIn((_, r) => json(r, {}, 429, { "retry-after": "3600" }));
    expect(await failure(clientOf(server.url).experiments.get("1"))).toMatchObject({
      retryAfter: 3_600_000,
      status: 429,
    });
    expect(server.seen).toHaveLength(1);
  });

  test("pause with full jitter under a growing ceiling, and at least as long as asked for", () => {
    const policy = { ...DEFAULT_RETRY, random: () => 0.5 };
    expect([1, 2, 3, 9, 60].map((attempt) => pauseAfter(attempt, undefined, policy))).toEqual([
      150, 300, 600, 10_000, 10_000,
    ]);
    expect(pauseAfter(1, 2000, policy)).toBe(2150);
    expect(pauseAfter(5, undefined, { ...policy, random: () => 0 })).toBe(0);
  });

  test("read Retry-After as seconds or as a date", () => {
    expect(retryAfterOf("7", 0)).toBe(7000);
    expect(retryAfterOf("Thu, 01 Jan 1970 00:00:09 GMT", 4000)).toBe(5000);
    expect(retryAfterOf("Thu, 01 Jan 1970 00:00:09 GMT", 10_000)).toBe(0);
    expect(retryAfterOf("soon", 0)).toBeUndefined();
    expect(retryAfterOf(undefined, 0)).toBeUndefined();
  });
});
