import { crc32, deflateRawSync } from "node:zlib";

export interface ZipFile {
  readonly name: string;
  readonly bytes: string | Uint8Array;
  /** What the directory says in place of the truth. */
  readonly unpacked?: number;
  readonly isEncrypted?: boolean;
  readonly isLink?: boolean;
}

/** A ZIP archive. @param isWide all sizes in ZIP64's fields */
export function zipOf(files: readonly ZipFile[], isWide = false): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, unpacked, isEncrypted, isLink } of files) {
    const content = Buffer.from(bytes);
    const packed = deflateRawSync(content);
    const size = unpacked ?? content.length;
    const [flags, label] = [isEncrypted ? 0x801 : 0x800, Buffer.from(name)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(content), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(content.length, 22);
    local.writeUInt16LE(label.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central[5] = 3;
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(crc32(content), 16);
    central.writeUInt32LE(isWide ? 0xffffffff : packed.length, 20);
    central.writeUInt32LE(isWide ? 0xffffffff : size, 24);
    central.writeUInt16LE(label.length, 28);
    central.writeUInt32LE((isLink ? 0o120777 : 0o100644) * 0x10000, 38);
    central.writeUInt32LE(isWide ? 0xffffffff : at, 42);
    const extra = Buffer.alloc(isWide ? 28 : 0);
    if (isWide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [i, number] of [size, packed.length, at].entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
    }
    central.writeUInt16LE(extra.length, 30);
    directory.push(central, label, extra);
    bodies.push(local, label, packed);
    at += 30 + label.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(isWide ? 0xffff : files.length, 10);
  end.writeUInt32LE(isWide ? 0xffffffff : list.length, 12);
  end.writeUInt32LE(isWide ? 0xffffffff : at, 16);
  if (!isWide) return Buffer.concat([...bodies, list, end]);
  const end64 = Buffer.alloc(56 + 20);
  end64.writeUInt32LE(0x06064b50, 0);
  for (const [i, number] of [files.length, list.length, at].entries())
    end64.writeBigUInt64LE(BigInt(number), 32 + 8 * i);
  end64.writeUInt32LE(0x07064b50, 56);
  end64.writeBigUInt64LE(BigInt(at + list.length), 64);
  return Buffer.concat([...bodies, list, end64, end]);
}
