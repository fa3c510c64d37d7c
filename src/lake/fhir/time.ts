/** FHIR's dates and times: partial ones with their precision, full ones with their zone (https://hl7.org/fhir/R4/datatypes.html#dateTime). */

export type Precision = "year" | "month" | "day" | "minute" | "second";

export interface FhirTime {
  /** Milliseconds since the epoch; of a partial date its beginning, in UTC. */
  readonly time: number;
  readonly precision: Precision;
  /** "+02:00", "Z"; null where none is given. */
  readonly zone: string | null;
}

const SHAPE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Undefined for what is no date or time of FHIR, the 30th of February too. A time without a zone is taken for UTC. */
export function parseTime(value: unknown): FhirTime | undefined {
  if (typeof value !== "string" || value.length < 4 || value.length > 40) return undefined;
  const found = SHAPE.exec(value);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  const start = Date.UTC(
    Number(year),
    month === undefined ? 0 : Number(month) - 1,
    day === undefined ? 1 : Number(day),
  );
  // Date.UTC takes two-digit years for those of the last century, and lets the 31st run over into the next month.
  const date = new Date(start);
  if (Number(year) < 100) return undefined;
  if (month !== undefined && date.getUTCMonth() !== Number(month) - 1) return undefined;
  if (day !== undefined && date.getUTCDate() !== Number(day)) return undefined;
  if (hour === undefined) {
    return { time: start, precision: day === undefined ? (month === undefined ? "year" : "month") : "day", zone: null };
  }
  const [h, m, s] = [Number(hour), Number(minute), Number(second ?? 0)];
  if (h > 24 || m > 59 || s > 60) return undefined;
  const offset = zone === undefined || zone === "Z" ? 0 : offsetOf(zone);
  if (offset === undefined) return undefined;
  const part = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  return {
    time: start + ((h * 60 + m - offset) * 60 + s) * 1000 + part,
    precision: second === undefined ? "minute" : "second",
    zone: zone ?? null,
  };
}

function offsetOf(zone: string): number | undefined {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return minutes > 14 * 60 ? undefined : zone[0] === "-" ? -minutes : minutes;
}
