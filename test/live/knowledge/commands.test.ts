import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disease, startDisease } from "../../support/cli.ts";
import { EXCERPT, temporary } from "../../support/knowledge.ts";
import { publisher } from "../../support/knowledge-server.ts";

const FILES = join(import.meta.dirname, "..", "..", "fixtures", "knowledge", "orphadata");

test("files are pulled from a publisher, listed, shown and searched; one that is missing ends with 7 and the others are there", async () => {
  using folder = temporary();
  await using server = await publisher({
    "/hp.obo.gz": (answer) => answer.end(readFileSync(join(EXCERPT, "hp.obo.gz"))),
    "/phenotype.hpoa": (answer) => answer.end(readFileSync(join(EXCERPT, "phenotype.hpoa.gz"))),
    "/en_product1.xml": (answer) => answer.end(readFileSync(join(FILES, "en_product1.xml"))),
  });
  const run = (...args: string[]) =>
    disease(["knowledge", ...args], {
      cwd: folder.path,
      env: { DISEASE_CACHE: join(folder.path, "cache"), DISEASE_PROJECT: folder.path },
    });
  const hpo = await run("pull", "hpo", "--from", `${server.url}hp.obo.gz`);
  expect(hpo.code).toBe(0);
  expect(hpo.stderr).toContain("has no hpoa yet");
  const pulled = await run("pull", "hpoa", "orphanet-xref", "orphanet-names-es", "--from", server.url, "--json");
  expect(pulled.code).toBe(7);
  expect(JSON.parse(pulled.stdout)).toMatchObject({
    files: [{ what: "hpoa" }, { what: "orphanet-xref", release: "2025-12-09" }],
    failures: [{ what: "orphanet-names-es", error: { exitCode: 7, where: `${server.url}es_product1.xml` } }],
    missing: [],
  });
  const listed = JSON.parse((await run("ls", "--json")).stdout);
  expect(listed.files.map(({ what }: { what: string }) => what)).toEqual(["hpo", "hpoa", "orphanet-xref"]);
  const shown = await run("show", "OMIM:154700");
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/^OMIM:154700 Marfan syndrome\n/);
  expect(shown.stdout).toMatch(/the same as +ORPHA:558 Marfan syndrome/);
  expect((await run("search", "aracnodactilia", "--lang", "es", "--csv")).stdout).toContain(
    "term,HP:0001166,Aracnodactilia",
  );
  expect((await run("show", "ORPHA:5588")).code).toBe(2);
});

test("Ctrl-C while a publisher is slow ends with 130 and leaves nothing half done", async () => {
  using folder = temporary();
  await using server = await publisher({ "/hp.obo": (answer) => answer.write("format-version: 1.2\n") });
  await using program = await startDisease(["knowledge", "pull", "hpo", "--from", `${server.url}hp.obo`], {
    cwd: folder.path,
    env: { DISEASE_PROJECT: folder.path },
  });
  await program.said(/hpo ←/);
  program.kill("SIGINT");
  const { code, stderr } = await program.ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining("interrupted")]);
  expect(
    (await disease(["knowledge", "ls", "--json", "--knowledge", "data/knowledge"], { cwd: folder.path })).code,
  ).toBe(2);
});
