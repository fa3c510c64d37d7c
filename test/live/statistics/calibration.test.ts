import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { calibrationCases, calibrationScript, parseCalibrations } from "../../statistics/_calibration.ts";
import { venvPython } from "../../support/venv.ts";

test("scikit-learn still calibrates as the fixture says", async () => {
  const json = execFileSync(await venvPython("reference"), [calibrationScript], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const now = new Map(parseCalibrations(json));
  for (const [name, fixture] of calibrationCases()) {
    const made = now.get(name)!;
    expect(made.y).toEqual(fixture.y);
    expect(made.t).toBeCloseTo(fixture.t, 6);
    for (const key of ["proba", "isotonic", "temperature"] as const) {
      const differences = made[key].map((value, i) => Math.abs(value - fixture[key][i]!));
      expect(Math.max(...differences), `${name}, ${key}`).toBeLessThan(1e-6);
    }
  }
});
