import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { GateCase } from "../../gates/reference.ts";
import { venvPython } from "../../support/venv.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/gates");

test("the installed numpy, scipy and scikit-learn still say what the fixtures say", async () => {
  const python = await venvPython("reference");
  const { status, stdout, stderr } = spawnSync(python, [join(fixtures, "make.py")], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const committed: GateCase[] = JSON.parse(readFileSync(join(fixtures, "reference.json"), "utf8"));
  const now: GateCase[] = JSON.parse(stdout);
  expect(now.map(({ name, y, proba, table }) => ({ name, y, proba, table }))).toEqual(
    committed.map(({ name, y, proba, table }) => ({ name, y, proba, table })),
  );
  for (const [i, { slope, se, cox, costs, netBenefits }] of committed.entries()) {
    expect(now[i].slope).toBeCloseTo(slope, 5);
    expect(now[i].se).toBeCloseTo(se, 5);
    if (cox !== undefined) expect(now[i].cox).toBeCloseTo(cox, 5);
    expect(now[i].costs).toEqual(costs);
    expect(now[i].netBenefits).toEqual(netBenefits);
  }
});
