/**
 * A binary container for plain data with typed arrays inside: an 8-byte magic, the length of a JSON header, the header,
 * then each typed array at a multiple of 8 bytes. Reading copies nothing: the arrays are views on the buffer.
 */
const MAGIC = "DISEASE1";
const TYPES = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
} as const;
type TypeName = keyof typeof TYPES;
const MARK = "$typed";

function isTyped(value: unknown): value is InstanceType<(typeof TYPES)[TypeName]> {
  return ArrayBuffer.isView(value) && value.constructor.name in TYPES;
}

const align = (n: number): number => (n + 7) & ~7;

/** Packs plain data (objects, arrays, strings, finite numbers, booleans, null, typed arrays). */
export function pack(value: unknown): Uint8Array {
  const arrays: InstanceType<(typeof TYPES)[TypeName]>[] = [];
  let offset = 0;
  const json = JSON.stringify(value, function (key, v) {
    // JSON.stringify has turned Buffers into objects by the time a replacer sees them; look at the holder's own value.
    const raw = (this as Record<string, unknown>)[key];
    if (isTyped(raw)) {
      const entry = { [MARK]: Buffer.isBuffer(raw) ? "Uint8Array" : raw.constructor.name, offset, length: raw.length };
      arrays.push(raw);
      offset = align(offset + raw.byteLength);
      return entry;
    }
    if (typeof v === "number" && !Number.isFinite(v)) throw new TypeError(`pack: ${key} is ${v}; use a typed array`);
    return v;
  });
  const header = new TextEncoder().encode(json);
  const start = align(16 + header.length);
  const out = new Uint8Array(start + offset);
  out.set(new TextEncoder().encode(MAGIC));
  new DataView(out.buffer).setFloat64(8, header.length, true);
  out.set(header, 16);
  let at = start;
  for (const array of arrays) {
    out.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at = align(at + array.byteLength);
  }
  return out;
}

/**
 * Unpacks what `pack` made.
 * @throws RangeError when the bytes are not a whole container
 */
export function unpack(bytes: Uint8Array): unknown {
  const whole = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  if (whole.length < 16 || new TextDecoder().decode(whole.subarray(0, 8)) !== MAGIC) {
    throw new RangeError("not a disease container, or cut short");
  }
  const length = new DataView(whole.buffer, whole.byteOffset).getFloat64(8, true);
  const start = align(16 + length);
  if (start > whole.length) throw new RangeError("container cut short in its header");
  return JSON.parse(new TextDecoder().decode(whole.subarray(16, 16 + length)), (_, v) => {
    if (v === null || typeof v !== "object" || !(MARK in v)) return v;
    const type = TYPES[v[MARK] as TypeName];
    const end = start + v.offset + v.length * type.BYTES_PER_ELEMENT;
    if (end > whole.length) throw new RangeError("container cut short in its arrays");
    return new type(whole.buffer as ArrayBuffer, whole.byteOffset + start + v.offset, v.length);
  });
}
