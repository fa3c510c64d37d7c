import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { listKnowledge } from "../../src/app/knowledge/ls.ts";
import { type PullOptions, type PullResult, pullKnowledge } from "../../src/app/knowledge/pull.ts";
import { ExitCode } from "../../src/core/errors.ts";
import { shownUrl } from "../../src/knowledge/pull/download.ts";
import { LOCK } from "../../src/knowledge/pull/lock.ts";
import { HPO_EXCERPT } from "../support/hpo.ts";
import { temporary, writeKnowledge } from "../support/knowledge.ts";
import { publisher } from "../support/knowledge-server.ts";

const OBO = readFileSync(HPO_EXCERPT.obo, "utf8");
const NEWER = OBO.replace("releases/2025-01-16", "releases/2026-02-03");

function pull(folder: string, options: Partial<PullOptions>): Promise<PullResult> {
  return pullKnowledge({ root: folder } as Parameters<typeof pullKnowledge>[0], {
    what: [],
    to: folder,
    timeout: 5000,
    signal: new AbortController().signal,
    onStart() {},
    ...options,
  });
}

const cache = temporary();
beforeEach(() => void vi.stubEnv("DISEASE_CACHE", cache.path));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => cache[Symbol.dispose]());

test("a file is taken with its release, hash and source; the old one is kept and can be brought back", async () => {
  using folder = temporary();
  await using server = await publisher({
    "/hp.obo": (answer) => answer.end(OBO),
    "/newer.obo": (answer) => answer.end(NEWER),
  });
  const first = await pull(folder.path, { what: ["hpo"], from: `${server.url}hp.obo` });
  expect(first.files).toMatchObject([
    { what: "hpo", state: "new", name: "hp.obo", release: "2025-01-16", source: `${server.url}hp.obo` },
  ]);
  expect(first.missing).toEqual(["hpoa"]);
  const [{ sha256 }] = first.files;
  const second = await pull(folder.path, { what: ["hpo"], from: `${server.url}newer.obo` });
  expect(second.files).toMatchObject([
    { state: "new", release: "2026-02-03", replaced: `2025-01-16-${sha256.slice(0, 8)}` },
  ]);
  expect(readFileSync(join(folder.path, "hp.obo"), "utf8")).toBe(NEWER);
  const back = await pull(folder.path, { what: ["hpo"], release: "2025-01-16" });
  expect(back.files).toMatchObject([{ state: "new", release: "2025-01-16", sha256 }]);
  expect(readFileSync(join(folder.path, "hp.obo"), "utf8")).toBe(OBO);
});

test("what is still the latest is not sent again, and the same bytes from elsewhere change nothing", async () => {
  using folder = temporary();
  await using server = await publisher({
    "/hp.obo": (answer, headers) => {
      if (headers["if-none-match"] === '"one"') answer.writeHead(304).end();
      else answer.setHeader("etag", '"one"').end(OBO);
    },
  });
  await pull(folder.path, { from: `${server.url}hp.obo` });
  const again = await pull(folder.path, { from: `${server.url}hp.obo` });
  expect(again.files).toMatchObject([{ state: "unchanged", release: "2025-01-16" }]);
  expect(server.asked.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"one"']);
  const same = await pull(folder.path, { from: HPO_EXCERPT.obo, what: ["hpo"] });
  expect(same.files).toMatchObject([{ state: "unchanged", name: "hp.obo" }]);
  // A file that was changed by hand is not taken for the publisher's.
  writeFileSync(join(folder.path, "hp.obo"), NEWER);
  const mended = await pull(folder.path, { from: `${server.url}hp.obo` });
  expect(mended.files).toMatchObject([{ state: "new", release: "2025-01-16" }]);
});

test("an answer packed by gzip is unpacked, a .gz file stays one, and redirections are followed", async () => {
  using folder = temporary();
  await using server = await publisher({
    "/latest/hp.obo": (answer) => answer.writeHead(302, { location: "/v1/hp.obo" }).end(),
    "/v1/hp.obo": (answer) => answer.setHeader("content-encoding", "gzip").end(gzipSync(OBO)),
    "/hp.obo.gz": (answer) => answer.end(gzipSync(OBO)),
    "/download?token=secret": (answer) => answer.end(gzipSync(readFileSync(HPO_EXCERPT.json))),
  });
  await pull(folder.path, { from: `${server.url}latest/hp.obo` });
  expect(readFileSync(join(folder.path, "hp.obo"), "utf8")).toBe(OBO);
  await pull(folder.path, { from: `${server.url}hp.obo.gz` });
  expect(readdirSync(folder.path).sort()).toEqual(["hp.obo.gz", LOCK, "releases"]);
  const unnamed = await pull(folder.path, { what: ["hpo"], from: `${server.url}download?token=secret` });
  expect(unnamed.files).toMatchObject([{ name: "hp.json.gz", source: `${server.url}download` }]);
  expect(readdirSync(folder.path).sort()).toEqual(["hp.json.gz", LOCK, "releases"]);
});

test.each<[string, Parameters<typeof publisher>[0][string], RegExp, ExitCode]>([
  ["that is not there", (answer) => answer.writeHead(404).end(), /answers 404/, ExitCode.unreachable],
  [
    "that is a web page",
    (answer) => answer.setHeader("content-type", "text/html; charset=utf-8").end("<html>log in</html>"),
    /web page/,
    ExitCode.unreachable,
  ],
  ["that is a web page by its content", (answer) => answer.end("<!DOCTYPE html><p>x"), /web page/, ExitCode.usage],
  [
    "that breaks off",
    (answer) => {
      answer.writeHead(200, { "content-length": OBO.length });
      answer.write(OBO.slice(0, 1000), () => answer.destroy());
    },
    /could not be got whole/,
    ExitCode.unreachable,
  ],
  ["that ends within a term", (answer) => answer.end(OBO.slice(0, 1000)), /cut short/, ExitCode.usage],
  [
    "whose packing breaks off",
    (answer) => answer.setHeader("content-encoding", "gzip").end(gzipSync(OBO).subarray(0, 300)),
    /could not be got whole/,
    ExitCode.unreachable,
  ],
  ["that is empty", (answer) => answer.end(), /it is empty/, ExitCode.usage],
  ["that never begins", () => {}, /nothing came for 0.2 s/, ExitCode.unreachable],
  [
    "that is sent on for ever",
    (answer) => answer.writeHead(302, { location: "/hp.obo" }).end(),
    /sends on more than/,
    ExitCode.unreachable,
  ],
])("an answer %s leaves what was there", async (_, give, message, exitCode) => {
  using folder = temporary();
  writeFileSync(join(folder.path, "hp.obo"), NEWER);
  await using server = await publisher({ "/hp.obo": give! });
  const { files, failures } = await pull(folder.path, { from: `${server.url}hp.obo`, timeout: 200 });
  expect(files).toEqual([]);
  expect(failures).toMatchObject([{ what: "hpo", error: { message: expect.stringMatching(message), exitCode } }]);
  expect(failures[0].error.where).toContain(`${server.url}hp.obo`);
  expect(readdirSync(folder.path)).toEqual(["hp.obo"]);
  expect(readFileSync(join(folder.path, "hp.obo"), "utf8")).toBe(NEWER);
});

test("a publisher that cannot be reached ends with 7, and the other files go on", async () => {
  using folder = temporary();
  await using server = await publisher({ "/hp.obo": (answer) => answer.end(OBO) });
  const { files, failures } = await pull(folder.path, { what: ["hpoa", "hpo"], from: server.url });
  expect(files).toMatchObject([{ what: "hpo", state: "new" }]);
  expect(failures).toMatchObject([{ what: "hpoa", error: { exitCode: ExitCode.unreachable } }]);
  await server[Symbol.asyncDispose]();
  const gone = await pull(folder.path, { from: `${server.url}hp.obo` });
  expect(gone.failures).toMatchObject([{ error: { message: expect.stringMatching(/ECONNREFUSED/) } }]);
});

test("a proxy of the environment is used", async () => {
  using folder = temporary();
  await using proxy = await publisher({ "http://publisher.invalid/hp.obo": (answer) => answer.end(OBO) });
  vi.stubEnv("HTTP_PROXY", proxy.url);
  const { files } = await pull(folder.path, { from: "http://publisher.invalid/hp.obo" });
  expect(files).toMatchObject([{ state: "new", source: "http://publisher.invalid/hp.obo" }]);
});

test("the key of OMIM is asked for, and is nowhere in what is told", async () => {
  using folder = temporary();
  vi.stubEnv("DISEASE_OMIM_KEY", "");
  await expect(pull(folder.path, { what: ["omim-genemap2"] })).rejects.toMatchObject({ where: "DISEASE_OMIM_KEY" });
  // A proxy that nobody runs: nothing leaves the machine.
  vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
  vi.stubEnv("DISEASE_OMIM_KEY", "Secret-Key_1");
  const told: string[] = [];
  const result = await pull(folder.path, { what: ["omim-genemap2"], onStart: (...all) => told.push(...all) });
  expect(result.failures).toHaveLength(1);
  const { message, where, fix } = result.failures[0].error;
  expect(where).toBe("https://data.omim.org/downloads/…/genemap2.txt");
  expect(`${told} ${message} ${where} ${fix}`).not.toContain("Secret");
  expect(shownUrl("https://user:pass@host/a?token=1")).toBe("https://host/a");
});

test("a folder gives all the files that it has; a file is known by its name or by what is said", async () => {
  using source = temporary();
  using folder = temporary();
  writeKnowledge(source.path, [{ disease: "OMIM:1", term: "seizure", reference: "PMID:1" }]);
  const { files, missing } = await pull(folder.path, { from: source.path });
  expect(files.map(({ what, counts }) => [what, counts])).toMatchObject([
    ["hpo", { terms: 11 }],
    ["hpoa", { diseases: 1, annotations: 1 }],
    ["orphanet", { disorders: 0 }],
  ]);
  expect(missing).toEqual([]);
  const odd = join(source.path, "odd.txt");
  writeFileSync(odd, OBO);
  await expect(pull(folder.path, { from: odd })).rejects.toThrow("its name does not say what it is");
  await expect(pull(folder.path, { from: odd, what: ["hp"] })).rejects.toThrow('no kind of file "hp"');
  expect((await pull(folder.path, { from: odd, what: ["hpo"] })).files).toMatchObject([{ name: "hp.obo" }]);
  const wrong = await pull(folder.path, { from: odd, what: ["orphanet-xref"] });
  expect(wrong.failures).toMatchObject([{ error: { where: odd } }]);
});

test("a file that would be read in place of the new one is told of before anything is pulled", async () => {
  using folder = temporary();
  mkdirSync(join(folder.path, "deep"));
  writeFileSync(join(folder.path, "deep", "hp.obo"), OBO);
  const { failures } = await pull(folder.path, { from: HPO_EXCERPT.obo, what: ["hpo"] });
  expect(failures).toMatchObject([{ error: { where: join(folder.path, "deep", "hp.obo") } }]);
});

test("ls tells releases, counts, age and what is broken or missing, and how to get it", async () => {
  using folder = temporary();
  writeKnowledge(folder.path, [{ disease: "OMIM:1", term: "seizure", reference: "PMID:1" }]);
  await pull(folder.path, { from: HPO_EXCERPT.obo, what: ["hpo"] });
  writeFileSync(join(folder.path, "en_product1.xml"), "<JDBOR>");
  const project = { root: folder.path } as Parameters<typeof listKnowledge>[0];
  const { files, missing, hash } = await listKnowledge(project, folder.path);
  expect(files).toMatchObject([
    { what: "hpo", release: "2025-01-16", source: HPO_EXCERPT.obo, kept: [expect.stringMatching(/^2025-01-16-/)] },
    { what: "hpoa", release: "2025-01-16", source: null, counts: { diseases: 1 }, problem: null },
    { what: "orphanet", problem: null },
    { what: "orphanet-xref", problem: expect.stringMatching(/unclosed tag/) },
  ]);
  expect(files[0].age).toBeGreaterThan(600);
  expect(hash).toBeNull();
  expect(missing.find(({ what }) => what === "hpo-es")?.how).toBe("disease knowledge pull hpo-es");
  writeFileSync(join(folder.path, LOCK), "{");
  await expect(listKnowledge(project, folder.path)).rejects.toMatchObject({ where: join(folder.path, LOCK) });
  expect(existsSync(join(folder.path, "releases", "hpo"))).toBe(true);
});
