/**
 * Conversion between the units that laboratories and wards use, in UCUM's notation (https://ucum.org), case-sensitive: products, quotients,
 * powers, metric prefixes, annotations, Celsius and Fahrenheit. A few common spellings that are not UCUM are understood too.
 */

interface Unit {
  /** In grams, metres, seconds, moles, … */
  readonly factor: number;
  readonly powers: Readonly<Record<string, number>>;
}

const PREFIXES: Readonly<Record<string, number>> = {
  ...{ T: 1e12, G: 1e9, M: 1e6, k: 1e3, h: 1e2, da: 10 },
  ...{ d: 1e-1, c: 1e-2, m: 1e-3, u: 1e-6, n: 1e-9, p: 1e-12, f: 1e-15 },
};
const PASCAL: Unit = { factor: 1000, powers: { g: 1, m: -1, s: -2 } };
const base = (name: string, factor = 1): Unit => ({ factor, powers: { [name]: 1 } });
const DAY = 86_400;
const YEAR = 365.25 * DAY;

/** May have a prefix. */
const METRIC: Readonly<Record<string, Unit>> = {
  ...{ g: base("g"), m: base("m"), s: base("s"), mol: base("mol"), eq: base("eq"), osm: base("osm") },
  ...{ L: { factor: 1e-3, powers: { m: 3 } }, l: { factor: 1e-3, powers: { m: 3 } } },
  ...{ Pa: PASCAL, "m[Hg]": { ...PASCAL, factor: 133_322.387415 * PASCAL.factor } },
  "m[H2O]": { ...PASCAL, factor: 9806.65 * PASCAL.factor },
  ...{ J: { factor: 1000, powers: { g: 1, m: 2, s: -2 } }, cal: { factor: 4184, powers: { g: 1, m: 2, s: -2 } } },
  ...{ Hz: base("s^-1"), V: base("V"), bit: base("bit") },
  kat: { factor: 1, powers: { mol: 1, s: -1 } },
  U: { factor: 1e-6 / 60, powers: { mol: 1, s: -1 } },
  ...{ "[iU]": base("iU"), "[IU]": base("iU") },
};
const PLAIN: Readonly<Record<string, Unit>> = {
  ...{ min: base("s", 60), h: base("s", 3600), d: base("s", DAY), wk: base("s", 7 * DAY) },
  ...{ mo: base("s", YEAR / 12), a: base("s", YEAR) },
  ...{ "%": { factor: 1e-2, powers: {} }, "[ppth]": { factor: 1e-3, powers: {} }, "[pH]": base("pH") },
  ...{ "[lb_av]": base("g", 453.59237), "[oz_av]": base("g", 28.349523125) },
  ...{ "[in_i]": base("m", 0.0254), "[ft_i]": base("m", 0.3048) },
};
/** Kelvin = value × factor + offset. */
const TEMPERATURES: Readonly<Record<string, readonly [factor: number, offset: number]>> = {
  ...{ K: [1, 0], Cel: [1, 273.15], "[degF]": [5 / 9, 459.67 * (5 / 9)] },
};

const SPELLINGS: Readonly<Record<string, string>> = {
  ...{
    mmHg: "mm[Hg]",
    cmH2O: "cm[H2O]",
    "°C": "Cel",
    degC: "Cel",
    C: "Cel",
    "°F": "[degF]",
    degF: "[degF]",
    F: "[degF]",
  },
  ...{ lb: "[lb_av]", lbs: "[lb_av]", oz: "[oz_av]", in: "[in_i]", inch: "[in_i]", ft: "[ft_i]" },
  ...{ year: "a", years: "a", yr: "a", y: "a", month: "mo", months: "mo", days: "d", day: "d", hours: "h" },
  ...{ bpm: "/min", "beats/min": "/min", "beats/minute": "/min", "breaths/min": "/min" },
  ...{ "K/uL": "10*3/uL", "thou/uL": "10*3/uL", "x10E3/uL": "10*3/uL", "M/uL": "10*6/uL", "x10E6/uL": "10*6/uL" },
  ...{ "IU/L": "[IU]/L", "mIU/L": "m[IU]/L", "mIU/mL": "m[IU]/mL", "mEq/L": "meq/L", sec: "s" },
  ...{ cc: "mL", ml: "mL", percent: "%" },
};

/**
 * A value in another unit.
 * @param molarMass grams a mole, for the step between moles and grams
 * @returns undefined where a unit is not known, or the two are of different things
 */
export function convertUnit(value: number, from: string, to: string, molarMass?: number): number | undefined {
  const [source, target] = [written(from), written(to)];
  if (source === target) return value;
  if (Object.hasOwn(TEMPERATURES, source) && Object.hasOwn(TEMPERATURES, target)) {
    const [factor, offset] = TEMPERATURES[source]!;
    const [toFactor, toOffset] = TEMPERATURES[target]!;
    return (value * factor + offset - toOffset) / toFactor;
  }
  const [a, b] = [unitOf(source), unitOf(target)];
  if (a === undefined || b === undefined) return undefined;
  const ratio = a.factor / b.factor;
  const powers = times(a, b, -1).powers;
  const left = Object.entries(powers).filter(([, power]) => power !== 0);
  if (left.length === 0) return value * ratio;
  // Moles that are to be grams, or the other way round.
  const mole = powers.mol ?? 0;
  if (molarMass === undefined || left.length !== 2 || mole === 0 || powers.g !== -mole) return undefined;
  return value * ratio * molarMass ** mole;
}

/** Whether the notation is understood. */
export const isUnit = (text: string): boolean =>
  Object.hasOwn(TEMPERATURES, written(text)) || unitOf(written(text)) !== undefined;

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

function unitOf(text: string): Unit | undefined {
  if (text.length > LONGEST) return undefined;
  let at = 0;
  const product = (): Unit | undefined => {
    let unit: Unit = { factor: 1, powers: {} };
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
    // An atom with its power: "m2", "s-1", "10*3", "24", "mm[Hg]", "{cells}".
    const found = /^(?:10\*[-+]?\d+|\d+|(?:\[[^\]]+\]|%|[A-Za-z]+(?:\[[^\]]+\])?)(?:[-+]?\d+)?)?(?:\{[^}]*\})?/.exec(
      text.slice(at),
    )![0];
    if (found === "") return undefined;
    at += found.length;
    return atom(found.replace(/\{.*\}$/, ""));
  };
  const unit = product();
  return unit !== undefined && at === text.length ? unit : undefined;
}

function atom(text: string): Unit | undefined {
  if (text === "") return { factor: 1, powers: {} };
  if (/^\d/.test(text)) {
    const [number, power] = text.split("*");
    return { factor: Number(number) ** Number(power ?? 1), powers: {} };
  }
  const [, name, power] = /^(.*?)([-+]?\d+)?$/.exec(text)!;
  const unit = named(name!);
  return unit && times({ factor: 1, powers: {} }, unit, Number(power ?? 1));
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
