import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchEngines } from "../../../src/engines/fetch.ts";
import { ENGINES, engineSource } from "../../../src/engines/wheels.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const { DISEASE_ENGINES, PIP_INDEX_URL, PIP_FIND_LINKS } = process.env;
const restore = { DISEASE_ENGINES, PIP_INDEX_URL, PIP_FIND_LINKS };
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "disease-fetch-"));
  process.env.DISEASE_ENGINES = home;
});

afterEach(async () => {
  for (const [name, value] of Object.entries(restore)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(home, { recursive: true, force: true });
});

test("two installs at once bring every engine whole, and the next finds them", async () => {
  const install = () => promisify(execFile)(process.execPath, ["scripts/engines.ts"], { cwd: root });
  const outputs = await Promise.all([install(), install()]);
  for (const { stdout } of outputs) {
    expect(stdout.match(/: (fetched|present)$/gm)).toHaveLength(ENGINES.length);
  }
  expect((await readdir(home)).filter((name) => name.startsWith(".tmp"))).toEqual([]);
  for (const result of await fetchEngines()) expect(result.state).toBe("present");
});

test("a wheel with another hash is refused and not installed", async () => {
  const source = engineSource("lightgbm");
  const wheels = Object.fromEntries(
    Object.entries(source.wheels).map(([platform, wheel]) => [platform, { ...wheel, sha256: "0".repeat(64) }]),
  );
  const [result] = await fetchEngines({ sources: [{ ...source, wheels }] });
  expect(result).toMatchObject({ state: "unavailable", problem: expect.stringContaining("SHA-256") });
  expect(await readdir(home)).toEqual([]);
});

test("without a network the install goes on and says how to mend it", async () => {
  process.env.PIP_INDEX_URL = "http://127.0.0.1:9/simple";
  process.env.PIP_FIND_LINKS = "";
  for (const result of await fetchEngines()) {
    expect(result).toMatchObject({
      state: "unavailable",
      problem: "pip could not reach its package index",
      fix: expect.stringContaining("disease doctor --fix"),
    });
  }
});

test("a damaged folder is replaced", async () => {
  await fetchEngines();
  const folder = (await readdir(home)).find((name) => name.startsWith("lightgbm-")) as string;
  await rm(join(home, folder, "lightgbm"), { recursive: true });
  const states = (await fetchEngines()).map((result) => result.state);
  expect(states.sort()).toEqual(["fetched", "present", "present"]);
  expect(existsSync(join(home, folder, "lightgbm"))).toBe(true);
});
