/**
 * NumPy's .npy format, version 1.0, little-endian, C order (numpy.lib.format), so that `numpy.load` reads our
 * predictions.
 */
export function writeNpy(data: Float32Array | Int32Array, shape: readonly number[]): Uint8Array {
  const descr = data instanceof Float32Array ? "<f4" : "<i4";
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const length = Math.ceil((10 + head.length + 1) / 64) * 64;
  const out = new Uint8Array(length + data.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(out.buffer).setUint16(8, length - 10, true);
  out.set(new TextEncoder().encode(`${head.padEnd(length - 11)}\n`), 10);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return out;
}

/**
 * Reads what `writeNpy` wrote.
 * @throws RangeError on any other layout or when cut short
 */
export function readNpy(bytes: Uint8Array): { data: Float32Array | Int32Array; shape: number[] } {
  if (bytes.length < 10 || bytes[0] !== 0x93) throw new RangeError("not an .npy file");
  const start = 10 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const head = new TextDecoder().decode(bytes.subarray(10, start));
  const match = /'descr': '(<f4|<i4)', 'fortran_order': False, 'shape': \(([\d, ]*)\)/.exec(head);
  if (!match) throw new RangeError(`unsupported .npy layout: ${head.trim()}`);
  const shape = match[2]!
    .split(",")
    .filter((d) => d.trim() !== "")
    .map(Number);
  const length = shape.reduce((a, b) => a * b, 1);
  if (bytes.length < start + 4 * length) throw new RangeError(".npy file cut short");
  // Not slice(): a Buffer's shares its memory.
  const body = Uint8Array.from(bytes.subarray(start, start + 4 * length)).buffer;
  return { data: match[1] === "<f4" ? new Float32Array(body) : new Int32Array(body), shape };
}
