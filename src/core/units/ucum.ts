/**
 * Conversion between the units that laboratories and wards use, in UCUM's notation (https://ucum.org), case-sensitive: products, quotients,
 * powers, metric prefixes, annotations, arbitrary units, Celsius and Fahrenheit. Common spellings that are not UCUM are understood too.
 */

interface Unit {
  /** In grams, metres, seconds, moles, … */
  readonly factor: number;
  readonly powers: Readonly<Record<string, number>>;
}

/** target = value × factor + offset */
export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

/** What a conversion may have to know of the substance. */
export interface Substance {
  /** Grams a mole, for the step between moles and grams. */
  readonly molarMass?: number;
  /** Charges of an ion, for the step between moles and equivalents. */
  readonly valence?: number;
}

const PREFIXES: Readonly<Record<string, number>> = {
  ...{ T: 1e12, G: 1e9, M: 1e6, k: 1e3, h: 1e2, da: 10 },
  ...{ d: 1e-1, c: 1e-2, m: 1e-3, u: 1e-6, n: 1e-9, p: 1e-12, f: 1e-15, a: 1e-18 },
};
const base = (name: string, factor = 1): Unit => ({ factor, powers: { [name]: 1 } });
const PASCAL: Unit = { factor: 1000, powers: { g: 1, m: -1, s: -2 } };
const JOULE: Unit = { factor: 1000, powers: { g: 1, m: 2, s: -2 } };
const LITRE: Unit = { factor: 1e-3, powers: { m: 3 } };
const NUMBER: Unit = { factor: 1, powers: {} };
const DAY = 86_400;
const YEAR = 365.25 * DAY;

/** May have a prefix. */
const METRIC: Readonly<Record<string, Unit>> = {
  ...{ g: base("g"), m: base("m"), s: base("s"), mol: base("mol"), eq: base("eq"), osm: base("osm") },
  ...{ L: LITRE, l: LITRE, t: base("g", 1e6) },
  ...{ Pa: PASCAL, bar: { ...PASCAL, factor: 1e5 * PASCAL.factor }, J: JOULE, cal: { ...JOULE, factor: 4184 } },
  "m[Hg]": { ...PASCAL, factor: 133_322.387415 * PASCAL.factor },
  "m[H2O]": { ...PASCAL, factor: 9806.65 * PASCAL.factor },
  ...{ N: { factor: 1000, powers: { g: 1, m: 1, s: -2 } }, W: { factor: 1000, powers: { g: 1, m: 2, s: -3 } } },
  ...{ Hz: { factor: 1, powers: { s: -1 } }, Bq: { factor: 1, powers: { s: -1 } }, V: base("V"), A: base("A") },
  ...{ Gy: { factor: 1, powers: { m: 2, s: -2 } }, Sv: base("Sv"), bit: base("bit") },
  kat: { factor: 1, powers: { mol: 1, s: -1 } },
  U: { factor: 1e-6 / 60, powers: { mol: 1, s: -1 } },
  ...{ "[iU]": base("iU"), "[IU]": base("iU") },
};
const PLAIN: Readonly<Record<string, Unit>> = {
  ...{ min: base("s", 60), h: base("s", 3600), d: base("s", DAY), wk: base("s", 7 * DAY) },
  ...{ mo: base("s", YEAR / 12), a: base("s", YEAR) },
  ...{ "%": { factor: 1e-2, powers: {} }, "[ppth]": { factor: 1e-3, powers: {} } },
  ...{ "[ppm]": { factor: 1e-6, powers: {} }, "[ppb]": { factor: 1e-9, powers: {} } },
  ...{ "[lb_av]": base("g", 453.59237), "[oz_av]": base("g", 28.349523125), "[stone_av]": base("g", 6350.29318) },
  ...{ "[in_i]": base("m", 0.0254), "[ft_i]": base("m", 0.3048), "[mi_i]": base("m", 1609.344) },
  ...{ "[foz_us]": { factor: 29.5735295625e-6, powers: { m: 3 } }, deg: base("rad", Math.PI / 180), rad: base("rad") },
  // Defined by a procedure: each is comparable with itself only.
  ...{ "[pH]": base("pH"), "[arb'U]": base("arb'U"), "[USP'U]": base("USP'U"), "[CFU]": base("CFU") },
  ...{ "[PFU]": base("PFU"), "[HPF]": base("HPF"), "[LPF]": base("LPF"), "[drp]": base("drp") },
  ...{ "[GPL'U]": base("GPL'U"), "[MPL'U]": base("MPL'U"), "[CCID_50]": base("CCID_50"), "[diop]": base("diop") },
};
/** Kelvin = value × factor + offset. */
const TEMPERATURES: Readonly<Record<string, readonly [factor: number, offset: number]>> = {
  ...{ K: [1, 0], Cel: [1, 273.15], "[degF]": [5 / 9, 459.67 * (5 / 9)] },
};

const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ mmHg: "mm[Hg]", "mm Hg": "mm[Hg]", cmH2O: "cm[H2O]", "°C": "Cel", degC: "Cel", C: "Cel" },
  ...{ "°F": "[degF]", degF: "[degF]", F: "[degF]" },
  ...{ lb: "[lb_av]", lbs: "[lb_av]", oz: "[oz_av]", in: "[in_i]", inch: "[in_i]", ft: "[ft_i]" },
  ...{ year: "a", years: "a", yr: "a", y: "a", month: "mo", months: "mo", week: "wk", weeks: "wk" },
  ...{ day: "d", days: "d", hr: "h", hours: "h" },
  ...{ bpm: "/min", "beats/min": "/min", "beats/minute": "/min", "breaths/min": "/min" },
  ...{ "K/uL": "10*3/uL", "thou/uL": "10*3/uL", "x10E3/uL": "10*3/uL", "x10*3/uL": "10*3/uL" },
  ...{ "M/uL": "10*6/uL", "x10E6/uL": "10*6/uL", "x10*6/uL": "10*6/uL", "x10*9/L": "10*9/L", "x10*12/L": "10*12/L" },
  ...{ "IU/L": "[IU]/L", "IU/mL": "[IU]/mL", "mIU/L": "m[IU]/L", "mIU/mL": "m[IU]/mL", "uIU/mL": "u[IU]/mL" },
  ...{ "mEq/L": "meq/L", sec: "s", cc: "mL", ml: "mL", percent: "%", "mg%": "mg/dL", "g%": "g/dL" },
  ...{ "mm/hr": "mm/h", "mL/min/1.73m2": "mL/min/{1.73_m2}", "mL/min/1.73 m2": "mL/min/{1.73_m2}" },
  ...{ "mOsm/kg": "mosm/kg", "kg/m²": "kg/m2" },
};

/**
 * A value in another unit.
 * @param molarMass grams a mole, for the step between moles and grams
 * @returns undefined where a unit is not known, or the two are of different things
 */
export function convertUnit(value: number, from: string, to: string, molarMass?: number): number | undefined {
  const found = conversion(from, to, molarMass === undefined ? {} : { molarMass });
  return found && value * found.factor + found.offset;
}

/** @returns undefined where a unit is not known, or the two are of different things */
export function conversion(from: string, to: string, { molarMass, valence }: Substance = {}): Conversion | undefined {
  const [source, target] = [written(from), written(to)];
  if (source === target) return source === "" ? undefined : { factor: 1, offset: 0 };
  if (Object.hasOwn(TEMPERATURES, source) && Object.hasOwn(TEMPERATURES, target)) {
    const [factor, offset] = TEMPERATURES[source]!;
    const [toFactor, toOffset] = TEMPERATURES[target]!;
    return { factor: factor / toFactor, offset: (offset - toOffset) / toFactor };
  }
  const [a, b] = [unitOf(source), unitOf(target)];
  if (a === undefined || b === undefined) return undefined;
  let factor = a.factor / b.factor;
  const powers: Record<string, number> = { ...times(a, b, -1).powers };
  // Equivalents become moles, and moles grams: what is left over of each has to vanish by that step.
  if (valence !== undefined && powers.eq) {
    factor *= valence ** -powers.eq;
    powers.mol = (powers.mol ?? 0) + powers.eq;
    powers.eq = 0;
  }
  if (molarMass !== undefined && powers.mol) {
    factor *= molarMass ** powers.mol;
    powers.g = (powers.g ?? 0) + powers.mol;
    powers.mol = 0;
  }
  return Object.values(powers).every((power) => power === 0) ? { factor, offset: 0 } : undefined;
}

/** Whether the notation is understood. */
export const isUnit = (text: string): boolean => toUcum(text) !== undefined;

/** A unit in UCUM's notation, whatever its spelling; undefined where it is not understood. */
export function toUcum(text: string): string | undefined {
  const plain = written(text);
  return Object.hasOwn(TEMPERATURES, plain) || unitOf(plain) !== undefined ? plain : undefined;
}

function written(text: string): string {
  const plain = text
    .trim()
    .replace(/[µμ]/g, "u")
    .replace(/\bmcg\b/g, "ug")
    .replaceAll("10^", "10*");
  return Object.hasOwn(SPELLINGS, plain) ? SPELLINGS[plain]! : plain;
}

function times(a: Unit, b: Unit, power: number): Unit {
  const powers: Record<string, number> = { ...a.powers };
  for (const [name, p] of Object.entries(b.powers)) powers[name] = (powers[name] ?? 0) + p * power;
  return { factor: a.factor * b.factor ** power, powers };
}

/** Units that are longer than this are refused unread. */
const LONGEST = 60;

/** An atom with its power and annotation: "m2", "s-1", "10*3", "24", "mm[Hg]", "{cells}", "[arb'U]", "%{HbA1c}". */
const ATOM = /^(?:10\*[-+]?\d+|\d+|(?:\[[^\]]+\]|%|[A-Za-z]+(?:\[[^\]]+\])?)(?:[-+]?\d+)?)?(?:\{[^}]*\})?/;

function unitOf(text: string): Unit | undefined {
  if (text.length > LONGEST) return undefined;
  let at = 0;
  const product = (): Unit | undefined => {
    let unit = NUMBER;
    let power = 1;
    if (text[at] === "/") {
      power = -1;
      at++;
    }
    for (;;) {
      const part = component();
      if (part === undefined) return undefined;
      unit = times(unit, part, power);
      if (text[at] !== "." && text[at] !== "/") return unit;
      power = text[at++] === "/" ? -1 : 1;
    }
  };
  const component = (): Unit | undefined => {
    if (text[at] === "(") {
      at++;
      const inner = product();
      return inner !== undefined && text[at++] === ")" ? inner : undefined;
    }
    const found = ATOM.exec(text.slice(at))![0];
    if (found === "") return undefined;
    at += found.length;
    return atom(found.replace(/\{.*\}$/, ""));
  };
  const unit = product();
  return unit !== undefined && at === text.length ? unit : undefined;
}

function atom(text: string): Unit | undefined {
  if (text === "") return NUMBER;
  if (/^\d/.test(text)) {
    const [number, power] = text.split("*");
    return { factor: Number(number) ** Number(power ?? 1), powers: {} };
  }
  const [, name, power] = /^(.*?)([-+]?\d+)?$/.exec(text)!;
  const unit = named(name!);
  return unit && times(NUMBER, unit, Number(power ?? 1));
}

function named(name: string): Unit | undefined {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name];
  if (Object.hasOwn(METRIC, name)) return METRIC[name];
  for (const [prefix, factor] of Object.entries(PREFIXES)) {
    const rest = name.slice(prefix.length);
    if (name.startsWith(prefix) && Object.hasOwn(METRIC, rest)) {
      const unit = METRIC[rest]!;
      return { ...unit, factor: unit.factor * factor };
    }
  }
  return undefined;
}
