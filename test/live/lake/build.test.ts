import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";

const repository = join(import.meta.dirname, "..", "..", "..");

test("from clinical records over a learning table to a model and its predictions", async () => {
  const root = mkdtempSync(join(tmpdir(), "disease-test-build-"));
  try {
    for (const folder of ["experiments", "lake", "data"]) mkdirSync(join(root, folder));
    for (const file of ["experiments/synthea.yaml", "lake/cardiometabolic.yaml", "data/synthea.ndjson.gz"])
      cpSync(join(repository, file), join(root, file));
    const run = (...args: string[]) => disease(args, { cwd: root });
    expect((await run("lake", "add", "data/synthea.ndjson.gz")).code).toBe(0);
    expect((await run("lake", "build", "cardiometabolc")).stderr).toContain('Did you mean "cardiometabolic"?');
    expect((await run("lake", "build", "cardiometabolic", "--dry-run")).stdout).toContain("CREATE TABLE work.cohort");

    const built = await run("lake", "build", "cardiometabolic", "--html", "profile.html");
    expect(built).toMatchObject({ code: 0 });
    expect(built.stdout).toContain("checked: without all that came after the index it is the same to the byte");
    expect(built.stderr).toContain("depends on the label");
    expect(readFileSync(join(root, "profile.html"), "utf8")).toContain("Profile of lake://cardiometabolic@v1");
    expect((await run("lake", "build", "cardiometabolic")).stdout).toContain("as it was: the same inputs");

    const swept = await run("exp", "run", "synthea", "--json", "--set", "seeds=1");
    expect(swept.code).toBe(0);
    const [, runId] = /"runId": "([0-9a-f]{32})"/.exec(swept.stdout) ?? [];
    const shown = await run("exp", "show", runId!, "--json");
    expect(shown.stdout).toContain("lake://cardiometabolic@v1");
    const predicted = await run(
      "predict",
      "lake://cardiometabolic",
      "--model",
      `runs:/${runId}/model`,
      "--id",
      "patient",
    );
    expect(predicted).toMatchObject({ code: 0 });
    expect(predicted.stdout.trim().split("\n")).toHaveLength(1 + 39);

    const declaration = join(root, "lake/cardiometabolic.yaml");
    writeFileSync(declaration, readFileSync(declaration, "utf8").replace("min_patients: 3", "min_patients: 2"));
    const again = await run("lake", "build", "cardiometabolic", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      address: "lake://cardiometabolic@v2",
      profile: { rows: 39, drift: { against: "lake://cardiometabolic@v1", rows: 39 } },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test("a profile pools what fewer than five patients have, and measures what has changed", async () => {
  const root = mkdtempSync(join(tmpdir(), "disease-test-profile-"));
  try {
    mkdirSync(join(root, "experiments"));
    mkdirSync(join(root, "lake"));
    const table = (shift: number): string =>
      ["patient,disease,value,city", ...Array.from({ length: 200 }, (_, i) => row(i, shift))].join("\n");
    const row = (i: number, shift: number): string =>
      `${i},${i < 3 ? "rare" : i % 2 ? "a" : "b"},${((i * 37) % 200) + shift},${i === 7 ? "Nowhere" : "Town"}`;
    writeFileSync(join(root, "t.csv"), `${table(0)}\n`);
    const run = (...args: string[]) => disease(["lake", ...args], { cwd: root });
    await run("add", "t.csv");
    writeFileSync(join(root, "t.csv"), `${table(300)}\n`);
    await run("add", "t.csv", "--replace");
    expect((await run("profile", "t")).stderr).toContain("nothing says which column is the target");
    const { code, stdout } = await run("profile", "t", "--target", "disease", "--json");
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/Nowhere|"rare"/);
    const profile = JSON.parse(stdout);
    expect(profile.classes.at(-1)).toEqual({ name: "1 others", rows: 3, features: [] });
    const value = profile.drift.features.find((one: { feature: string }) => one.feature === "value");
    expect(value.psi).toBeGreaterThan(1);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
