/** Phenopackets (one, several in a list or a line each, a ZIP archive of them) as tidy tables. */

import { messageOf, UserError } from "../../core/errors.ts";
import type { ByteSource, ReadContext, RowBatch } from "../../core/lake.ts";
import { createLabConverter } from "../../core/units/lab.ts";
import { readZip } from "../archives/zip.ts";
import { createBatches } from "../fhir/batches.ts";
import { piecesOf, textOf } from "../fhir/pieces.ts";
import { createTally, type Tally, tellTally } from "../fhir/tally.ts";
import { NoCase } from "./packet.ts";
import { addPacket, type PacketReading } from "./rows.ts";
import { packetTables } from "./tables.ts";

/** The largest real ones have some 100 kB; what is larger in an archive is put aside unread. */
const MOST_BYTES = 16 << 20;
/** Of the text of what cannot be read, as much is kept in the quarantine. */
const KEPT = 1 << 20;

type Noticed = Parameters<PacketReading["count"]>[0];

const NOTICES: Readonly<Record<Noticed, readonly [code: string, text: string]>> = {
  future: ["phenopackets-future", "dates are in the future: rows are marked `future` in column `suspect`"],
  unit: [
    "phenopackets-unit",
    "values have no unit, or none that their code can be measured in: marked `unit` in `suspect`",
  ],
  range: ["phenopackets-range", "values are outside of what a patient can have: marked `range` in `suspect`"],
  "empty value": ["phenopackets-value", "measurements have neither a quantity nor a term as their value"],
};

/** What was noticed in all files of an ingest. */
function tallyOf({ shared }: ReadContext): Tally<Noticed> {
  const there = shared?.get("phenopackets") as Tally<Noticed> | undefined;
  const tally = there ?? createTally<Noticed>();
  shared?.set("phenopackets", tally);
  return tally;
}

export function tellPackets(context: ReadContext): void {
  tellTally(tallyOf(context), NOTICES, context);
}

interface Packet {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Why it cannot be read. */
  readonly problem?: string;
  readonly line?: number;
  readonly offset?: number;
}

export async function* readPackets(source: ByteSource, context: ReadContext): AsyncGenerator<RowBatch> {
  const batches = createBatches(packetTables);
  const tally = tallyOf(context);
  const reading: PacketReading = {
    now: context.now,
    add: batches.add,
    count: (what) => tally.add(what, source.name),
    lab: createLabConverter(),
  };
  for await (const packets of packetsOf(source, context)) {
    for (const packet of packets) {
      const reason = packet.problem ?? addOrTell(packet, reading);
      if (reason === undefined) continue;
      const { name, line, offset, bytes } = packet;
      const place = { ...(line !== undefined && { line }), ...(offset !== undefined && { offset }) };
      context.quarantine({ source: name, ...place, reason, text: textOf(bytes.subarray(0, KEPT)) });
    }
    yield* batches.full();
  }
  yield* batches.rest();
  if (context.shared === undefined) tellTally(tally, NOTICES, context);
}

/** @returns why nothing of it went in */
function addOrTell({ name, bytes }: Packet, reading: PacketReading): string | undefined {
  try {
    addPacket(JSON.parse(textOf(bytes)), name, reading);
    return undefined;
  } catch (error) {
    // A parser's message repeats a piece of the text.
    if (error instanceof SyntaxError) return "it is broken JSON";
    if (error instanceof NoCase) return error.message;
    throw error;
  }
}

/** Archives hold thousands of small files: their rows are gathered into batches over all of them. */
async function* packetsOf(source: ByteSource, context: ReadContext): AsyncGenerator<readonly Packet[]> {
  if (/\.zip$/i.test(source.name) && source.path !== undefined) {
    let passed = 0;
    for (const entry of readZip(source.path)) {
      context.signal.throwIfAborted();
      // Apple's archiver adds "__MACOSX/._name.json", which is no JSON.
      if (entry.name.startsWith("__MACOSX/")) continue;
      if (!/\.json$/i.test(entry.name)) {
        passed++;
        continue;
      }
      const name = `${source.name}/${entry.name}`;
      let packet: Packet;
      try {
        packet = { name, bytes: entry.bytes(MOST_BYTES) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        packet = { name, bytes: new Uint8Array(0), problem: messageOf(error) };
      }
      context.progress(packet.bytes.length);
      yield [packet];
    }
    if (passed > 0) {
      context.notice("phenopackets-passed", `${source.name}: ${passed} of its files do not end in .json: passed over`);
    }
    return;
  }
  for await (const pieces of piecesOf(source, context.signal, context.progress)) {
    yield pieces.map((piece) => ({ name: source.name, ...piece }));
  }
}
