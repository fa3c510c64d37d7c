import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { fetchEngines } from "../../src/engines/fetch.ts";
import { loadLightgbm } from "../../src/engines/lightgbm.ts";
import { engineStatus } from "../../src/engines/status.ts";
import { families } from "../../src/families/index.ts";
import { contextFor } from "../contracts/family.contract.ts";

const { DISEASE_ENGINES, PATH } = process.env;
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "disease-engines-"));
  process.env.DISEASE_ENGINES = home;
});

afterEach(async () => {
  process.env.PATH = PATH;
  if (DISEASE_ENGINES === undefined) delete process.env.DISEASE_ENGINES;
  else process.env.DISEASE_ENGINES = DISEASE_ENGINES;
  await rm(home, { recursive: true, force: true });
});

test("an engine that is not there names the families that need it and the way to get it", async () => {
  const error = await loadLightgbm().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message: expect.stringContaining("gbm"), where: expect.stringContaining(home) });
  expect((error as UserError).fix.join(" ")).toContain("disease doctor --fix");
  for (const status of await engineStatus()) {
    expect(status).toMatchObject({ available: false, problem: expect.stringContaining(home) });
  }
});

test("families that need no engine work without any", async () => {
  for (const id of ["baseline", "random-forest"]) {
    const family = await families[id]!();
    (await family.fit(contextFor(family))).dispose();
  }
  const xgboost = await families.xgboost!();
  await expect(xgboost.fit(contextFor(xgboost))).rejects.toBeInstanceOf(UserError);
});

test("without Python the fetch says so and leaves nothing behind", async () => {
  process.env.PATH = home;
  for (const result of await fetchEngines()) {
    expect(result).toMatchObject({ state: "unavailable", problem: expect.stringContaining("python3") });
  }
  expect(await readdir(home)).toEqual([]);
});

test("a cache that cannot be written is told with the way to another one", async () => {
  const file = join(home, "file");
  await writeFile(file, "");
  process.env.DISEASE_ENGINES = join(file, "engines");
  for (const result of await fetchEngines()) {
    expect(result).toMatchObject({ state: "unavailable", fix: expect.stringContaining("DISEASE_ENGINES") });
  }
});
