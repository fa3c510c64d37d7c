import { describe, expect, test } from "vitest";
import { MlflowError, REQUEST_TAG } from "../src/index.ts";
import { clientOf, cut, type Handler, json, refuse, type Seen, standIn } from "./support/stand-in.ts";

interface Made {
  readonly id: string;
  readonly tags: { key: string; value: string }[];
  deleted: boolean;
}

const runJson = ({ id, tags }: Made) => ({ info: { run_id: id, experiment_id: "1" }, data: { tags } });

/** A server of runs; `create` says what happens to the answer of the nth creation (from 0). */
function runServer(
  create: (n: number, act: () => Made, reply: (made: Made) => void, r: Parameters<Handler>[1]) => void,
) {
  const runs: Made[] = [];
  let n = 0;
  const handler: Handler = (request, r) => {
    const body = request.json() as { tags: Made["tags"]; run_id: string };
    if (request.url.endsWith("/runs/create")) {
      const act = (): Made => {
        const made = { id: `run-${runs.length}`, tags: body.tags, deleted: false };
        runs.push(made);
        return made;
      };
      create(n++, act, (made) => json(r, { run: runJson(made) }), r);
    } else if (request.url.endsWith("/runs/search")) {
      json(r, { runs: runs.filter((run) => !run.deleted).map(runJson) }); // ignores the filter, as GitLab does
    } else {
      runs.find((run) => run.id === body.run_id)!.deleted = true;
      json(r, {});
    }
  };
  return { handler, runs };
}

const alive = (runs: readonly Made[]) => runs.filter((run) => !run.deleted).map((run) => run.id);

describe("runs/create is not doubled", () => {
  test.each([
    ["the connection is cut after the server acted", (r: Parameters<Handler>[1]) => cut(r)],
    ["a proxy answers 502 after the server acted", (r: Parameters<Handler>[1]) => json(r, {}, 502)],
    [
      "the answer is cut in the middle",
      (r: Parameters<Handler>[1]) => {
        r.writeHead(200, { "content-length": "99" }).write("{");
        setImmediate(() => cut(r));
      },
    ],
  ])("when %s: the run is found by its tag", async (_, spoil) => {
    const { handler, runs } = runServer((n, act, reply, r) => {
      const made = act();
      if (n === 0) spoil(r);
      else reply(made);
    });
    const server = await standIn(handler);
    const run = await clientOf(server.url).runs.create({ experimentId: "1", runName: "a" });
    expect(run.info.runId).toBe("run-0");
    expect(runs).toHaveLength(1);
    expect(server.calls.map((c) => c.split("/").at(-1))).toEqual(["create", "search"]);
  });

  test("when the server did not act: it is sent again with the same tag", async () => {
    const { handler, runs } = runServer((n, act, reply, r) => (n === 0 ? json(r, {}, 500) : reply(act())));
    const server = await standIn(handler);
    await clientOf(server.url).runs.create({ experimentId: "1" });
    expect(runs).toHaveLength(1);
    const tags = server.seen.filter((s) => s.url.endsWith("create")).map((s) => requestTag(s));
    expect(tags[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(tags[1]).toBe(tags[0]);
  });

  test("after a 429, which says that nothing was done: it is sent again without a search", async () => {
    const { handler } = runServer((n, act, reply, r) => (n === 0 ? json(r, {}, 429) : reply(act())));
    const server = await standIn(handler);
    await clientOf(server.url).runs.create({ experimentId: "1" });
    expect(server.calls.map((c) => c.split("/").at(-1))).toEqual(["create", "create"]);
  });

  test("when a request that was given up arrives late: the twin is taken away", async () => {
    const { handler, runs } = runServer((n, act, reply, r) => {
      if (n === 0) return json(r, {}, 504);
      act(); // the first request's, at last
      reply(act());
    });
    const server = await standIn(handler);
    const run = await clientOf(server.url).runs.create({ experimentId: "1" });
    expect(alive(runs)).toEqual([run.info.runId]);
  });

  test("when it is called twice with a request id of the caller's own", async () => {
    const { handler, runs } = runServer((_, act, reply) => reply(act()));
    const client = clientOf((await standIn(handler)).url);
    const first = await client.runs.create({ experimentId: "1", requestId: "sweep-7" });
    const second = await client.runs.create({ experimentId: "1", requestId: "sweep-7" });
    expect(second).toEqual(first);
    expect(runs).toHaveLength(1);
    await expect(client.runs.create({ experimentId: "1", requestId: "it's" })).rejects.toThrow(/request id/);
  });

  test("and says that it may have happened when all attempts are cut", async () => {
    const server = await standIn((request, r) => (request.url.endsWith("create") ? cut(r) : json(r, {})));
    const create = clientOf(server.url, { retry: { attempts: 2 } }).runs.create({ experimentId: "1" });
    await expect(create).rejects.toMatchObject({ kind: "network", reached: true });
  });
});

describe("a name that is taken", () => {
  const taken = (tag: (request: Seen) => string): Handler => {
    let created = 0;
    let sent = "";
    return (request, r) => {
      if (request.method === "GET")
        return json(r, { registered_model: { name: "m", tags: [{ key: REQUEST_TAG, value: sent }] } });
      sent = tag(request);
      if (created++ === 0) return cut(r);
      refuse(r, 400, "RESOURCE_ALREADY_EXISTS");
    };
  };

  test("by our own request that was cut counts as success", async () => {
    const server = await standIn(taken(requestTag));
    expect(await clientOf(server.url).registeredModels.create({ name: "m" })).toMatchObject({ name: "m" });
  });

  test("by someone else is an error", async () => {
    const server = await standIn(taken(() => "theirs"));
    const create = clientOf(server.url).registeredModels.create({ name: "m" });
    await expect(create).rejects.toMatchObject({ errorCode: "RESOURCE_ALREADY_EXISTS" });
  });
});

describe("other writes", () => {
  test("that say 'gone' after a cut attempt have been done", async () => {
    let n = 0;
    const server = await standIn((_, r) => (n++ === 0 ? cut(r) : refuse(r, 404, "RESOURCE_DOES_NOT_EXIST")));
    await clientOf(server.url).experiments.delete("1");
    await expect(clientOf(server.url).experiments.delete("1")).rejects.toThrow(MlflowError); // at the first attempt it is one
  });

  test("of metrics are repeated where the server keeps each point once, else not", async () => {
    const metric = { key: "f1", value: 1, step: 0, timestamp: 0 };
    let n = 0;
    const server = await standIn((_, r) => (n++ % 2 === 0 ? cut(r) : json(r, {})));
    await clientOf(server.url).runs.logBatch("r", { metrics: [metric] });
    expect(server.seen).toHaveLength(2);
    const gitlab = clientOf(server.url, { traits: { metricsAreSets: false } });
    await expect(gitlab.runs.logBatch("r", { metrics: [metric] })).rejects.toMatchObject({
      reached: true,
      retriable: true,
    });
    expect(server.seen).toHaveLength(3);
    n = 0;
    await gitlab.runs.logBatch("r", { params: { a: "1" } }); // the same param again is the same
    expect(server.seen).toHaveLength(5);
  });

  test("of outputs send after a doubt only what is not there", async () => {
    const known: string[] = [];
    let n = 0;
    const server = await standIn((request, r) => {
      const outputs = { model_outputs: known.map((id) => ({ model_id: id })) };
      if (request.method === "GET") return json(r, { run: { info: {}, outputs } });
      const models = (request.json() as { models: { model_id: string }[] }).models.map((m) => m.model_id);
      if (models.some((id) => known.includes(id))) return refuse(r, 500, "INTERNAL_ERROR", "UNIQUE constraint failed");
      known.push(...models);
      if (n++ === 0) return cut(r);
      json(r, {});
    });
    const client = clientOf(server.url);
    await client.runs.logOutputs("r", [{ modelId: "m-1", step: 0 }]);
    await client.runs.logOutputs("r", [
      { modelId: "m-1", step: 0 },
      { modelId: "m-2", step: 0 },
    ]);
    expect(known).toEqual(["m-1", "m-2"]);
  });
});

function requestTag(request: Seen): string {
  return (request.json() as { tags: Made["tags"] }).tags.find((t) => t.key === REQUEST_TAG)!.value;
}
