import { crc32, deflateSync } from "node:zlib";

/**
 * A PNG of red, green and blue (https://www.w3.org/TR/png-3/).
 * @param rows [height × (1 + width × 3)] before each row its filter
 */
export function encodePng(rows: Uint8Array, width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  // One piece of output: many small ones would have to be joined.
  const data = deflateSync(rows, { level: 3, chunkSize: 1 << 16 });
  return Buffer.concat([
    signature,
    ...chunk("IHDR", header),
    ...chunk("IDAT", data),
    ...chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(type, 4, "latin1");
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(data, crc32(head.subarray(4))));
  return [head, data, check];
}
