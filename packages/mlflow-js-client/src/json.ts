/** JSON as MLflow writes it: 64-bit integers and numbers that are not finite may come as texts, absent fields as nothing. */
export type JsonObject = { readonly [key: string]: unknown };

/**
 * Parses an object; bare NaN and Infinity, which some servers write, are understood.
 * @returns undefined when the text is not a JSON object
 */
export function parseObject(text: string): JsonObject | undefined {
  const value = attempt(text) ?? attempt(quoteNonFinite(text));
  return isObject(value) ? value : undefined;
}

function attempt(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function quoteNonFinite(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textOf(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

/** A text, or undefined when it is absent or empty (protobuf does not tell these apart). */
export function optionalText(value: unknown): string | undefined {
  const text = textOf(value);
  return text === "" ? undefined : text;
}

/** A number that may come as a text: "1700000000000", "NaN", "-Infinity". */
export function numberOf(value: unknown): number {
  return value === undefined || value === null ? 0 : Number(value);
}

export function optionalNumber(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** `value` as protobuf's JSON takes it. */
export function encodeDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
