import { createHash } from "node:crypto";

/** JSON with sorted keys, so that equal values have equal text. NaN and infinities are kept as strings. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) return JSON.stringify(String(value));
  return JSON.stringify(value) ?? "null";
}

/** SHA-256 in hex of the canonical JSON of a value. */
export function hashJson(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** SHA-256 in hex of texts and byte arrays, one after the other. */
export function hashBytes(...parts: readonly (string | Uint8Array | ArrayBufferView)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(
      typeof part === "string" ? part : new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength),
    );
  }
  return hash.digest("hex");
}
