import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { pageTerms } from "../../src/app/serve/page-terms.ts";
import { pageRoutes } from "../../src/serving/page/routes.ts";
import { EXCERPT } from "../support/knowledge.ts";
import { ageModel, startService } from "../support/serving/serving.ts";

const INPUT = [
  { name: "age", kind: "numeric" },
  { name: "HP:0001250 Seizure", kind: "boolean" },
  { name: "findings", kind: "multilabel", levels: ["HP:0001945", "tired"] },
] as const;

function start(settings = {}, input: Parameters<typeof ageModel>[0] = { input: INPUT }) {
  const terms = pageTerms({ root: "nowhere" } as Parameters<typeof pageTerms>[0], EXCERPT);
  return startService({ model: ageModel(input), settings, routes: [pageRoutes({ terms })] });
}

test("the page allows scripts and styles of its own files only, and nothing from elsewhere", async () => {
  await using service = start();
  const { statusCode, headers, body } = await service.app.inject("/");
  expect(statusCode).toBe(200);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
  );
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["set-cookie"]).toBeUndefined();
  expect(body).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?:/);
});

test("every file that the page names is there, with its type and a mark that says when it is unchanged", async () => {
  await using service = start();
  const page = (await service.app.inject("/")).body;
  const names = [...page.matchAll(/(?:src|href)="(page\/[^"]+)"/g)].map(([, name]) => name!);
  expect(names).toHaveLength(3);
  const scripts = (await service.app.inject("/page/page.js")).body;
  names.push(...[...scripts.matchAll(/from "\.\/([^"]+)"/g)].map(([, name]) => `page/${name}`));
  for (const name of names) {
    const { statusCode, headers } = await service.app.inject(`/${name}`);
    expect([name, statusCode]).toEqual([name, 200]);
    expect(headers["content-type"]).toMatch(/^(text\/css|text\/javascript|image\/svg\+xml); charset=utf-8$/);
    const again = await service.app.inject({ url: `/${name}`, headers: { "if-none-match": String(headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  }
});

test.each(["/page/page.html", "/page/../server.ts", "/page/%2e%2e/routes.ts", "/page/", "/page/__proto__"])(
  "%s is not given out",
  async (url) => {
    await using service = start();
    expect((await service.app.inject(url)).statusCode).toBe(404);
  },
);

test("the model is told with its columns, and with the terms that they are named after", async () => {
  await using service = start();
  expect((await service.app.inject("/v1/model")).json()).toEqual({
    kind: "table",
    identity: {
      ...{ name: "skin", version: "1", run_id: null, hash: "1".repeat(64) },
      ...{ family: "test", code_version: "test", knowledge: null },
    },
    languages: ["en", "es"],
    input: [
      { name: "age", kind: "numeric" },
      { name: "HP:0001250 Seizure", kind: "boolean", term: "HP:0001250" },
      { name: "findings", kind: "multilabel", levels: ["HP:0001945", "tired"], level_terms: ["HP:0001945", null] },
    ],
    example: { age: 40, smoker: false, grade: "low" },
    target: "disease",
    classes: ["cold", "flu"],
  });
});

test("terms are found among those of the model's columns, in the language asked for", async () => {
  await using service = start();
  const ask = async (query: string) => (await service.app.inject(`/v1/terms?${query}`)).json();
  expect(await ask("q=FIEB&lang=es")).toEqual({
    terms: [{ id: "HP:0001945", label: "Fiebre", lang: "es", matched: "Fiebre" }],
  });
  expect(await ask("q=ataxia")).toEqual({ terms: [] });
  expect(await ask("id=HP:0001250,HP:0000000,toString&lang=es")).toEqual({
    terms: [{ id: "HP:0001250", label: "Convulsiones", lang: "es" }],
  });
});

test("a model without terms has none to find, and needs no knowledge base", async () => {
  await using service = start({}, {});
  expect((await service.app.inject("/v1/terms?q=fever")).json()).toEqual({ terms: [] });
  expect((await service.app.inject("/v1/model")).json()).toMatchObject({ languages: ["en"] });
});

test.each([
  ["limit=0", "limit"],
  ["limit=51", "limit"],
  ["limit=x", "limit"],
  ["lang=../../etc", "lang"],
  [`q=${"a".repeat(201)}`, "q"],
  ["q=a&q=b", "q"],
])("a search for terms with %.20s is refused by name", async (query, name) => {
  await using service = start();
  const response = await service.app.inject(`/v1/terms?${query}`);
  expect(response.statusCode).toBe(400);
  expect(response.json().message).toContain(name);
});

test("where a token is needed the page is open and what it asks is not", async () => {
  const token = { digest: createHash("sha256").update("let-me-in").digest(), expires: null };
  await using service = start({ tokens: [token] });
  const status = async (url: string, headers = {}) => (await service.app.inject({ url, headers })).statusCode;
  expect(await status("/")).toBe(200);
  expect(await status("/page/page.js")).toBe(200);
  expect(await status("/v1/model")).toBe(401);
  expect(await status("/v1/terms?q=fever")).toBe(401);
  expect(await status("/v1/model", { authorization: "Bearer let-me-in" })).toBe(200);
});
