import { constants, inflateRawSync } from "node:zlib";
import type { RowReader } from "../../core/lake.ts";
import { readPackets, tellPackets } from "../phenopackets/lake.ts";
import { packetTables } from "../phenopackets/tables.ts";

/** Keys that only phenopackets have, as JSON or as protobuf spells them. */
const KEYS = /"(?:phenotypicFeatures|phenotypic_features|phenopacketSchemaVersion|phenopacket_schema_version)"/;

export const reader: RowReader = {
  id: "phenopackets",
  title: "GA4GH phenopackets (JSON, ZIP)",
  kind: "rows",
  tables: packetTables,
  detect(name, head) {
    const bytes = Buffer.from(head);
    if (/\.zip$/i.test(name)) return KEYS.test(firstEntry(bytes)) ? 0.95 : 0;
    return /\.(?:json|ndjson|jsonl)$/i.test(name) && KEYS.test(bytes.toString("latin1")) ? 0.9 : 0;
  },
  read: readPackets,
  finish: tellPackets,
};

/** Text of the beginning of an archive's first JSON entry; "" where there is none. */
function firstEntry(head: Buffer): string {
  for (let at = 0; at + 30 <= head.length && head.readUInt32LE(at) === 0x04034b50; ) {
    const [method, packed] = [head.readUInt16LE(at + 8), head.readUInt32LE(at + 18)];
    const begin = at + 30 + head.readUInt16LE(at + 26) + head.readUInt16LE(at + 28);
    const name = head.toString("latin1", at + 30, at + 30 + head.readUInt16LE(at + 26));
    const body = head.subarray(begin, packed === 0 ? undefined : begin + packed);
    if (/\.json$/i.test(name)) return method === 0 ? body.toString("latin1") : method === 8 ? inflated(body) : "";
    if (packed === 0 && !name.endsWith("/")) return "";
    at = begin + packed;
  }
  return "";
}

/** As much as there is of a stream that may be cut. */
function inflated(bytes: Buffer): string {
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 20 };
    return inflateRawSync(bytes, options).toString("latin1");
  } catch {
    return "";
  }
}
