import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { built, userEnv } from "../../support/cli.ts";
import { readJunit } from "../../support/junit.ts";
import { makeProject } from "../../support/project.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const blocks = [...readFileSync(join(root, "docs", "ci.md"), "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) =>
  parse(m[1]!),
);
const isOurs = (script: string | undefined): script is string => script !== undefined && !/npm ci|apt-get/.test(script);

const github = (blocks[0].jobs.promote.steps as { run?: string }[]).map((step) => step.run).filter(isOurs);
const gitlab = (blocks[1].promote.script as string[]).filter(isOurs);

/** A project as a checkout with `npm ci` done: npx finds disease in node_modules. */
async function checkout() {
  const read = (name: string): Buffer => readFileSync(join(root, name));
  const project = makeProject({
    "data/dermatology.csv": read("data/dermatology.csv"),
    "experiments/quickstart.yaml": read("experiments/quickstart.yaml"),
    "experiments/gates/quickstart.yaml": read("experiments/gates/quickstart.yaml"),
    "experiments/gates/impossible.yaml": read("experiments/gates/impossible.yaml"),
    "package.json": "{}",
  });
  const bin = join(project.root, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(await built(), join(bin, "disease"));
  symlinkSync(process.execPath, join(bin, "node"));
  return project;
}

const shell = (script: string, cwd: string) =>
  spawnSync("bash", ["-eo", "pipefail", "-c", script], {
    cwd,
    encoding: "utf8",
    env: userEnv({ CI: "true", MLFLOW_TRACKING_URI: "", DISEASE_JOBS: "2" }),
  });

test.each([
  ["GitHub Actions", github],
  ["GitLab CI", gitlab],
])("the shell steps of the %s example promote the quickstart's winner and leave both reports", async (_, steps) => {
  using project = await checkout();
  expect(steps.length).toBeGreaterThanOrEqual(2);
  for (const step of steps) {
    // Fewer trials than the file has, so that the test is quick; the steps are as printed.
    const quick = step.replace(
      "quickstart.yaml",
      "quickstart.yaml --set seeds=1 --set charts=none --set families.gbm.num_leaves=7",
    );
    const { status, stderr } = shell(quick, project.root);
    expect({ step, status, stderr: status === 0 ? "" : stderr }).toEqual({ step, status: 0, stderr: "" });
  }
  const act = JSON.parse(readFileSync(join(project.root, "promote.json"), "utf8"));
  expect(JSON.stringify(act)).toContain("Production");
  const cases = await readJunit(readFileSync(join(project.root, "report.xml")));
  expect(cases.map((c) => c.failure)).toEqual(act.gate.rules.map(() => null));
  expect(readFileSync(join(project.root, "report.md"), "utf8")).toContain("|");
});

test("a gate that cannot be passed ends the job with 3, and the reports say why", async () => {
  using project = await checkout();
  writeFileSync(
    join(project.root, "experiments", "tiny.yaml"),
    "data: { path: data/dermatology.csv, target: disease }\ncharts: none\nfamilies: { logistic: {} }\n",
  );
  expect(shell("npx disease exp run tiny", project.root).status).toBe(0);
  const promote =
    "npx disease models promote --from-experiment tiny --gate impossible --to Production --junit report.xml";
  expect(shell(promote, project.root).status).toBe(3);
  const cases = await readJunit(readFileSync(join(project.root, "report.xml")));
  expect(cases.map((c) => c.failure)).toEqual([expect.stringMatching(/^fail: /), expect.stringMatching(/^fail: /)]);
});
