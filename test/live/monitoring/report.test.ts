import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { findProject } from "../../../src/app/project.ts";
import { openServed } from "../../../src/app/served/open.ts";
import type { MonitorReport } from "../../../src/core/monitoring/monitor.ts";
import { MONITORING_PROFILE, type MonitoringProfile } from "../../../src/core/monitoring/profile.ts";
import { rawRowOf } from "../../../src/core/serving/input.ts";
import type { RawRow, ServedTable } from "../../../src/core/serving/serving.ts";
import { writeFeedback } from "../../../src/lake/predictions/feedback.ts";
import { openPredictionLog } from "../../../src/lake/predictions/log.ts";
import { readDataset } from "../../../src/lake/read.ts";
import { launchChromium } from "../../support/chromium.ts";
import { disease } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { servedProject } from "../../support/serving/served.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MONITOR = `min_n: 50
window: 1d
rules:
  - feature-drift: { max: 0.2, share_of_features: 0.05 }
  - missing-rate
  - prediction-drift
  - performance: { metric: accuracy, min: 0.5 }
`;

let project: TestProject;
beforeAll(async () => {
  project = await servedProject();
  project.write("experiments/monitors/usual.yaml", MONITOR);
});
afterAll(() => project[Symbol.dispose]());

/** What the service would log of the training table's patients, changed first. */
async function predict(
  log: string,
  version: string,
  change: (row: RawRow) => RawRow,
  outcomes: boolean,
): Promise<void> {
  const model = (await openServed(findProject(project.root), `models:/skin/${version}`, {
    notify() {},
  })) as ServedTable;
  const { frame, target } = await readDataset(join(project.root, "data", "patients.csv"), {
    name: "patients",
    target: "disease",
  });
  const proba = model.predictProba(frame);
  const k = model.classes.length;
  const sink = openPredictionLog({ folder: join(project.root, "lake", "predictions", "skin") });
  const now = Date.now() - 60_000;
  for (let row = 0; row < frame.rows; row++) {
    sink.append({
      ...{ id: `${log}-${row}`, time: now, request: log, role: "answer", abstained: false },
      model: { name: "skin", version, hash: model.identity.hash },
      patient: null,
      features: change(rawRowOf(frame, row)),
      probabilities: Object.fromEntries(model.classes.map((name, code) => [name, proba[row * k + code]])),
    });
  }
  await sink.close();
  if (outcomes) {
    const folder = join(project.root, "lake", "predictions", "skin");
    mkdirSync(folder, { recursive: true });
    const known = Array.from(target.codes, (code, row) => ({
      ...{ prediction_id: `${log}-${row}`, patient: null, time: null, recorded: now },
      outcome: target.classes[code],
    }));
    await writeFeedback(folder, known);
  }
  model.dispose();
}

const report = (...args: string[]) => disease(["monitor", "report", ...args], { cwd: project.root });

test("a registered model has its profile beside it, and a model without predictions is inconclusive", async () => {
  const runs = await project.runs("skin");
  const registered = runs.filter(({ params }) => params.family === "logistic")[0]!;
  const bytes = await project.reading((store) => store.readArtifact(registered.info.runId, MONITORING_PROFILE));
  const profile = JSON.parse(new TextDecoder().decode(bytes)) as MonitoringProfile;
  expect(profile.classes).toHaveLength(6);
  expect(profile.training.features).toHaveLength(34);
  expect(profile.validation.metrics.accuracy).toMatchObject({ value: expect.any(Number), low: expect.any(Number) });
  const { code, stdout } = await report("skin", "--monitor", "usual");
  expect(code).toBe(4);
  expect(stdout).toContain("There is no prediction in the window.");
});

test("the patients of training pass; the same ones changed fail, by exit code, JSON, Markdown and page", async () => {
  await predict("same", "1", (row) => row, true);
  const good = await report("models:/skin@champion", "--monitor", "usual", "--json");
  const found = JSON.parse(good.stdout) as MonitorReport;
  expect(good.code, JSON.stringify(found.rules)).toBe(0);
  expect(found).toMatchObject({ verdict: "pass", window: { predictions: 120 }, labels: { known: 120, coverage: 1 } });
  expect(found.performance!.figures.find(({ metric }) => metric === "accuracy")!.value).toBeGreaterThan(0.8);

  const change = (row: RawRow): RawRow => ({
    ...row,
    age: Number(row.age) + 30,
    itching: null,
    scaling: 0,
    erythema: 0,
  });
  for (const log of ["one", "two", "three"]) await predict(log, "1", change, false);
  const page = join(project.root, "out", "report.html");
  const bad = await report("skin", "-m", "usual", "--window", "360", "--html", page, "--markdown", "out/report.md");
  expect(bad.code).toBe(3);
  expect(bad.stdout).toMatch(/✗ Values are missing more often: itching/);
  expect(bad.stdout).toMatch(/^ ! +age /m);
  expect(readFileSync(join(project.root, "out", "report.md"), "utf8")).toContain("| fail | feature-drift psi ≤ 0.2 |");
  const html = readFileSync(page, "utf8");
  expect(html).not.toMatch(/(three|same)-\d+/);

  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const tab = await browser.newPage();
  const asked: string[] = [];
  tab.on("request", (request) => asked.push(request.url()));
  await tab.goto(`file://${page}`);
  expect(asked).toEqual([`file://${page}`]);
  const { violations } = (await tab.evaluate(`${axe}; axe.run()`)) as AxeResults;
  expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
});

test("predictions of another version do not count, and that is said", async () => {
  await predict("other", "2", (row) => row, false);
  const { stdout } = await report("skin/1", "--json");
  expect((JSON.parse(stdout) as MonitorReport).window).toMatchObject({ predictions: 480, others: 120 });
  expect((await report("skin/1")).stdout).toContain("120 by other versions do not count");
});

test("the window before is a baseline too, and a run's model by itself has its own log", async () => {
  const { stdout } = await report("skin", "--window", "240", "--baseline", "window", "--json");
  expect(JSON.parse(stdout) as MonitorReport).toMatchObject({
    baseline: { kind: "window", patients: 240 },
    verdict: null,
  });
  const { runId } = (await project.runs("skin"))[1]!.info;
  const own = await report(`runs:/${runId}/model`, "--json");
  expect(JSON.parse(own.stdout) as MonitorReport).toMatchObject({ name: null, runId, window: { predictions: 0 } });
});

test("what is misspelt is answered with what there is", async () => {
  const wrong = await report("skin", "--monitor", "usal");
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "usual"?') });
  const window = await report("skin", "--window", "7 days");
  expect(window).toMatchObject({ code: 2, stderr: expect.stringContaining("Write 7d, 24h or 2w") });
});
