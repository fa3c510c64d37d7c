import { expect, test } from "vitest";
import { convertUnit, isUnit } from "../../src/core/units/ucum.ts";

test.each([
  [120, "mm[Hg]", "kPa", 15.99868649],
  [37, "Cel", "[degF]", 98.6],
  [98.6, "°F", "Cel", 37],
  [310.15, "K", "Cel", 37],
  [14.2, "g/dL", "g/L", 142],
  [250, "10*3/uL", "10*9/L", 250],
  [4.5, "10*12/L", "M/uL", 4.5],
  [180, "[lb_av]", "kg", 81.6466266],
  [70, "[in_i]", "cm", 177.8],
  [6, "mo", "a", 0.5],
  [72, "{beats}/min", "/min", 72],
  [5, "%", "1", 0.05],
  [30, "kg/m2", "g/cm2", 3],
  [60, "U/L", "ukat/L", 1.00002],
  [300, "mg/(24.h)", "mg/d", 300],
  [2, "mg/L", "mcg/mL", 2],
  [140, "mmol/L", "mmol/L", 140],
])("%d %s is %s", (value, from, to, expected) => {
  expect(convertUnit(value, from, to)).toBeCloseTo(expected, 3);
});

test("moles become grams, and back, where the molar mass is known", () => {
  expect(convertUnit(5.5, "mmol/L", "mg/dL", 180.156)).toBeCloseTo(99.0858, 4);
  expect(convertUnit(1, "mg/dL", "umol/L", 113.12)).toBeCloseTo(88.402, 3);
  expect(convertUnit(5.5, "mmol/L", "mg/dL")).toBeUndefined();
});

test.each([
  ["kg", "m"],
  ["furlong", "m"],
  ["mg/dL", "mg"],
  ["mg/", "mg"],
  ["", "mg"],
  ["(((", "mg"],
  ["constructor", "toString"],
  [`${"m.".repeat(100)}m`, "m"],
])("%s is not taken for %s", (from, to) => {
  expect(convertUnit(1, from, to)).toBeUndefined();
});

test("a unit is known by its notation", () => {
  expect(["mm[Hg]", "Cel", "10*9/L", "u[IU]/mL", "mmHg"].every(isUnit)).toBe(true);
  expect(isUnit("bananas")).toBe(false);
});
