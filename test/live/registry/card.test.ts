import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelCard, RunDetail, Trail } from "../../../src/app.ts";
import { number } from "../../../src/board/numbers.ts";
import type { Act } from "../../../src/registry/promote.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import { makeProject, type TestProject } from "../../support/project.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const shipped = (path: string): Buffer => readFileSync(join(root, path));

let project: TestProject;
let act: Act;
let run: RunDetail;
const ask = (...args: string[]): Promise<Outcome> => disease(args, { cwd: project.root, env: { CI: "1" } });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await ask(...args, "--json")).stdout) as T;

beforeAll(async () => {
  project = makeProject({
    "data/dermatology.csv": shipped("data/dermatology.csv"),
    "experiments/quickstart.yaml": shipped("experiments/quickstart.yaml"),
    "experiments/gates/quickstart.yaml": shipped("experiments/gates/quickstart.yaml"),
    "experiments/cards/quickstart.yaml": shipped("experiments/cards/quickstart.yaml"),
  });
  const quick = ["--set", "seeds=1", "--set", "families={logistic: {C: [0.1, 1]}, baseline: {}}"];
  const swept = await ask("exp", "run", "quickstart", ...quick);
  if (swept.code !== 0) throw new Error(swept.stderr);
  const promoted = await ask(
    ...["models", "promote", "--from-experiment", "quickstart", "--gate", "quickstart", "--to", "Production", "--json"],
  );
  expect(promoted.stderr).toBe("");
  act = JSON.parse(promoted.stdout) as Act;
  expect(act.result).toBe("done");
  run = await json<RunDetail>("exp", "show", act.record!.runId!);
});
afterAll(() => project[Symbol.dispose]());

/** Rows of the Markdown table under a caption, unescaped. */
function tableOf(markdown: string, caption: RegExp): readonly string[][] {
  const lines = markdown.split("\n");
  const at = lines.findIndex((line) => line.startsWith("**") && caption.test(line.replaceAll("\\", "")));
  expect(at, String(caption)).toBeGreaterThan(0);
  const rows = lines.slice(at + 4, lines.indexOf("", at + 4));
  return rows.map((row) =>
    row
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replaceAll("\\", "")),
  );
}

test("every figure is the one that exp show, the audit and the leaderboard print", async () => {
  const { markdown } = await json<ModelCard>("models", "card", "quickstart@champion");
  const metrics = run.metrics.filter(({ key }) => key.startsWith("val_"));
  expect(tableOf(markdown, /^\*\*Metrics on 72 validation rows/)).toEqual(
    metrics.map(({ key, value, low, high }) => [
      key.slice("val_".length),
      number(value),
      low === null || high === null ? "–" : `${number(low)} … ${number(high)}`,
    ]),
  );
  const { records } = await json<Trail>("models", "history", "quickstart");
  const { rules } = records.find(({ act: name }) => name === "promote")!.gate!;
  expect(tableOf(markdown, /^\*\*Rules of the gate quickstart/).map((row) => row.slice(0, 5))).toEqual(
    rules.map((r) => [
      r.rule,
      r.verdict,
      number(r.value),
      r.low === null || r.high === null ? "–" : `${number(r.low)} … ${number(r.high)}`,
      r.n === null ? "–" : String(r.n),
    ]),
  );
  const perClass = readFileSync(join(run.artifactUri, "reports", "per_class.csv"), "utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1, -2);
  const shown = tableOf(markdown, /^\*\*The worst recall first/);
  expect(
    shown.map(([name, orphan, n, recall, , precision, , f1]) => [name, n, precision, recall, f1, orphan]).sort(),
  ).toEqual(
    perClass
      .map((line) => line.split(","))
      .map(([name, n, p, r, f, orphan]) => [
        name,
        n,
        number(Number(p)),
        number(Number(r)),
        number(Number(f)),
        orphan === "true" ? "yes" : "",
      ])
      .sort(),
  );
  const board = await json<{ rows: { rank: number; metrics: Record<string, { mean: number }> }[] }>(
    ...["exp", "leaderboard", "quickstart"],
  );
  expect(markdown).toContain(`rank 1 of 3 configurations; f1\\_macro ${number(board.rows[0]!.metrics.f1_macro!.mean)}`);
  const { versions } = await json<{ versions: { modelHash: string }[] }>("models", "show", "quickstart");
  expect(markdown).toContain(`| SHA-256 of the files | ${versions[0]!.modelHash} |`);
  expect(markdown).toContain("The audit trail is whole: 2 records");
});

test("promotion has kept the card with the run and named it on the version, and the model's hash is as it was", async () => {
  const { markdown } = await json<ModelCard>("models", "card", "quickstart/1");
  expect(readFileSync(join(run.artifactUri, "card", "model-card.md"), "utf8")).toBe(markdown);
  expect(readFileSync(join(run.artifactUri, "card", "model-card.html"), "utf8")).toMatch(/^<!doctype html>/);
  const again = await ask("models", "card", "quickstart", "--log");
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("kept as card/model-card.html")]);
  const promoted = await ask("models", "promote", "quickstart/1", "--gate", "quickstart", "--to", "Production");
  expect([promoted.code, promoted.stderr]).toEqual([0, ""]); // checkFiles would refuse changed files
});

test("the same state gives the same bytes, by whatever name it is asked for", async () => {
  const names = [
    "quickstart",
    "quickstart@champion",
    "models:/quickstart/1",
    run.runId,
    run.runId.slice(0, 8),
    `runs:/${run.runId}/model`,
  ];
  const cards = await Promise.all(names.map((name) => ask("models", "card", name)));
  expect(new Set(cards.map(({ stdout }) => stdout)).size).toBe(1);
  expect(cards[0]!.stdout).toMatch(/^# Model card: quickstart, version 1\n/);
});

test("the facts file fills items and names subgroups; without it they are gaps", async () => {
  const full = await json<ModelCard>("models", "card", "quickstart");
  expect(tableOf(full.markdown, /^\*\*Validation patients by subgroup/).map(([name]) => name)).toEqual(
    expect.arrayContaining(["age 18 … 40", "age 40 … 65"]),
  );
  expect(full.checklist.find(({ id }) => id === "18a")).toMatchObject({ status: "filled" });
  writeFileSync(join(project.root, "none.yaml"), "# nothing\n");
  const bare = await json<ModelCard>("models", "card", "quickstart", "--facts", "none.yaml");
  expect(bare.checklist.find(({ id }) => id === "18a")).toMatchObject({ status: "gap" });
  const filled = (card: ModelCard): number => Number.parseInt(card.summary, 10);
  expect(filled(full)).toBeGreaterThan(filled(bare));
  writeFileSync(join(project.root, "wrong.yaml"), "owner: me\nsubgroups: [sexx]\n");
  const wrong = await ask("models", "card", "quickstart", "--facts", "wrong.yaml");
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/no column "sexx"[\s\S]*wrong\.yaml/)]);
});

test("--out writes the page or Markdown by the file's name, and another name is refused", async () => {
  const page = await ask("models", "card", "quickstart", "--out", "out/card.html");
  expect([page.code, page.stdout]).toEqual([
    0,
    expect.stringMatching(/wrote out\/card\.html\nTRIPOD\+AI: \d+ of 52 items filled/),
  ]);
  const html = readFileSync(join(project.root, "out/card.html"), "utf8");
  expect(html).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
  expect((await ask("models", "card", "quickstart", "--html")).stdout).toBe(html);
  expect((await ask("models", "card", "quickstart", "--out", "card.pdf")).code).toBe(2);
  expect((await ask("models", "card", "nobody")).code).toBe(2);
});

test("no row number and no patient's value is in the card", async () => {
  const { markdown, ...rest } = await json<ModelCard>("models", "card", "quickstart");
  const patients = readFileSync(join(project.root, "data/dermatology.csv"), "utf8").split("\n").slice(1, 40);
  for (const line of patients) expect(markdown + JSON.stringify(rest)).not.toContain(line.slice(0, 20));
});

test("a ranking's card has its places, its knowledge release, and no classes", async () => {
  using cases = makeProject({
    "data/phenopackets.zip": shipped("data/phenopackets.zip"),
    "experiments/rare.yaml":
      "data: { cases: data/phenopackets.zip }\nfamilies: { orphan-lr: {} }\nrank: { metric: top10 }\nbootstrap: { resamples: 100 }\n",
  });
  const at = { cwd: cases.root };
  const swept = await disease(["exp", "run", "rare"], at);
  expect([swept.code, swept.stderr]).toEqual([0, expect.anything()]);
  expect((await disease(["models", "register", "--from-experiment", "rare"], at)).code).toBe(0);
  const card = JSON.parse((await disease(["models", "card", "rare", "--json"], at)).stdout) as ModelCard;
  const shown = JSON.parse((await disease(["exp", "show", card.runId, "--json"], at)).stdout) as RunDetail;
  const plain = tableOf(card.markdown, /^\*\*Metrics on 60 validation rows of \d+ publications, as for a new patient/);
  for (const key of ["top1", "top10", "mrr"]) {
    const { value, low, high } = shown.metrics.find((metric) => metric.key === `val_${key}`)!;
    expect(plain).toContainEqual([key, number(value), `${number(low)} … ${number(high)}`]);
  }
  expect(card.markdown).toMatch(/\| knowledge \| hpo 2025-01-16/);
  expect(card.markdown).not.toContain("### By class");
  expect(card.limits.join(" ")).not.toContain("case (");
});
