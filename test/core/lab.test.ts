import { expect, test } from "vitest";
import { analytes } from "../../src/core/units/analytes.ts";
import { createLabConverter } from "../../src/core/units/lab.ts";
import { isUnit, toUcum } from "../../src/core/units/ucum.ts";

// Worked out by hand, or taken from the conversion tables of laboratories (AMA Manual of Style; ngsp.org/ifcc.asp for HbA1c).
test.each([
  ["glucose", "2345-7", 5.5, "mmol/L", 99.09],
  ["creatinine", "2160-0", 88.4, "umol/L", 1],
  ["cholesterol", "2093-3", 5.172, "mmol/L", 200],
  ["HDL", "2085-9", 1.034, "mmol/L", 40],
  ["triglycerides", "2571-8", 1.129, "mmol/L", 100],
  ["urea nitrogen", "3094-0", 3.57, "mmol/L", 10],
  ["bilirubin", "1975-2", 17.1, "umol/L", 1],
  ["uric acid", "3084-1", 59.48, "umol/L", 1],
  ["calcium", "17861-6", 2.5, "mmol/L", 10.02],
  ["calcium in equivalents", "17861-6", 5, "meq/L", 10.02],
  ["sodium", "2951-2", 140, "meq/L", 140],
  ["hemoglobin", "718-7", 9.3, "mmol/L", 14.99],
  ["hemoglobin in g/L", "718-7", 150, "g/L", 15],
  ["HbA1c of the IFCC", "4548-4", 48, "mmol/mol", 6.54],
  ["HbA1c of NGSP", "4548-4", 6.5, "%", 6.5],
  ["leukocytes", "6690-2", 7.2, "10*9/L", 7.2],
  ["leukocytes, counted", "6690-2", 7200, "/uL", 7.2],
  ["alanine aminotransferase", "1742-6", 40, "[IU]/L", 40],
  ["alanine aminotransferase in katal", "1742-6", 1, "ukat/L", 60],
  ["thyrotropin", "3016-3", 2, "u[IU]/mL", 2],
  ["vitamin D", "1989-3", 75, "nmol/L", 30.05],
  ["body temperature", "8310-5", 98.6, "[degF]", 37],
  ["body weight", "29463-7", 154.3, "[lb_av]", 69.99],
  ["body height", "8302-2", 70, "[in_i]", 177.8],
  ["glomerular filtration rate", "33914-3", 90, "mL/min", 90],
])("%s comes in its usual unit", (_, code, value, unit, expected) => {
  const lab = createLabConverter()(code, value, unit);
  expect(lab.problem).toBeNull();
  expect(lab.value).toBeCloseTo(expected, 1);
});

test("a unit of something else and an implausible value are told", () => {
  const lab = createLabConverter();
  expect(lab("2345-7", 5, "kg")).toEqual({ value: null, unit: "mg/dL", problem: "unit" });
  expect(lab("2345-7", 5, "")).toMatchObject({ problem: "unit" });
  expect(lab("2345-7", 5, "constructor")).toMatchObject({ problem: "unit" });
  expect(lab("8310-5", 98.6, "Cel")).toMatchObject({ problem: "range" });
  expect(lab("2885-2", 77, "g/dL")).toMatchObject({ problem: "range" });
  expect(lab("0000-0", 5, "kg")).toEqual({ value: null, unit: null, problem: null });
});

test("each analyte has a unit that is understood, and a range", () => {
  expect(analytes.size).toBeGreaterThan(150);
  for (const { unit, low, high } of analytes.values()) {
    expect(isUnit(unit), unit).toBe(true);
    expect(low).toBeLessThan(high);
  }
});

test("units are understood as UCUM, whatever their spelling", () => {
  expect(toUcum("µmol/L")).toBe("umol/L");
  expect(toUcum("10^9/L")).toBe("10*9/L");
  expect(toUcum("mmHg")).toBe("mm[Hg]");
  expect(toUcum("[arb'U]/mL")).toBe("[arb'U]/mL");
  expect(toUcum("%{HbA1c}")).toBe("%{HbA1c}");
  expect(toUcum("bananas")).toBeUndefined();
});
