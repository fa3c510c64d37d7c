/** FHIR R4 (https://hl7.org/fhir/R4), bundles and bulk NDJSON, as tidy tables, in one pass over what is parsed. */
import type { ByteSource, ReadContext, RowBatch } from "../../core/lake.ts";
import { createLabConverter } from "../../core/units/lab.ts";
import { toUcum } from "../../core/units/ucum.ts";
import { createBatches } from "./batches.ts";
import { type Found, headOf, indexSource, NoResource, resourcesOf } from "./index-pass.ts";
import { piecesOf, textOf } from "./pieces.ts";
import { type Counted, type Reading, versionOf } from "./reading.ts";
import { adders, isVoid } from "./rows.ts";
import { createSeen, type Seen } from "./seen.ts";
import type { Piece } from "./split.ts";
import { fhirTables } from "./tables.ts";
import { createTally, type Tally, tellTally } from "./tally.ts";

/** Of the text of a piece that cannot be read, as much is kept in the quarantine. */
const KEPT = 1 << 20;
/** Spellings of units that are remembered. */
const MOST_UNITS = 10_000;
/** As many types that have no table are named. */
const MOST_TYPES = 10;
/** Types that have no table, but are read. */
const SILENT: ReadonlySet<string> = new Set(["Medication"]);

/** What is known of all files of an ingest. */
interface Ingest {
  readonly resources: Seen;
  readonly versions: Seen;
  readonly noticed: Tally<Noticed>;
  /** Resources by their type, where no table has it. */
  readonly ignored: Tally<string>;
}

function ingestOf({ shared }: ReadContext): Ingest {
  const there = shared?.get("fhir") as Ingest | undefined;
  if (there !== undefined) return there;
  const made = {
    resources: createSeen(),
    versions: createSeen(),
    noticed: createTally<Noticed>(),
    ignored: createTally(),
  };
  shared?.set("fhir", made);
  return made;
}

export async function* readFhir(source: ByteSource, context: ReadContext): AsyncGenerator<RowBatch> {
  const { signal } = context;
  const index = await indexSource(source, new Set(adders.keys()), signal);
  const ingest = ingestOf(context);
  const count = (what: Noticed): void => ingest.noticed.add(what, source.name);
  const batches = createBatches(fhirTables);
  const units = new Map<string, string | null>();
  const reading: Reading = {
    now: context.now,
    add: batches.add,
    count,
    lab: createLabConverter(),
    ucum(unit) {
      let known = units.get(unit);
      if (known === undefined) {
        known = toUcum(unit) ?? null;
        if (units.size < MOST_UNITS) units.set(unit, known);
      }
      return known;
    },
    urls: index.urls,
    medications: index.medications,
  };
  const isNew = createFilter(index.chosen, context.shared === undefined ? undefined : ingest, count);

  for await (const pieces of piecesOf(source, signal, context.progress)) {
    for (const piece of pieces) {
      // What has no table need not be parsed, where its first bytes tell.
      const type = piece.problem === undefined ? headOf(piece)?.type : undefined;
      if (type !== undefined && !adders.has(type)) {
        ingest.ignored.add(type, source.name);
        continue;
      }
      for (const found of readPiece(piece, source, context)) {
        const add = adders.get(found.type);
        if (add === undefined) {
          if (!SILENT.has(found.type)) ingest.ignored.add(found.type, source.name);
        } else if (isNew(found)) {
          if (isVoid(found.resource)) count("void");
          else add(found.resource, found.id, reading);
        }
      }
    }
    yield* batches.full();
  }
  yield* batches.rest();
  if (context.shared === undefined) tell(ingest, context);
}

/** Resources of a piece; what is none is put aside. */
function readPiece(piece: Piece, source: ByteSource, context: ReadContext): readonly Found[] {
  let reason = piece.problem;
  if (reason === undefined) {
    try {
      return resourcesOf(JSON.parse(textOf(piece.bytes)), piece);
    } catch (error) {
      // A parser's message repeats a piece of the text.
      reason = error instanceof NoResource ? error.message : "it is broken JSON";
    }
  }
  const text = textOf(piece.bytes.subarray(0, KEPT));
  context.quarantine({ source: source.name, line: piece.line, offset: piece.offset, reason, text });
  return [];
}

/** Which copy of a resource becomes rows: of those of a file the newest, and of files of one ingest the first. */
function createFilter(
  chosen: ReadonlyMap<string, string>,
  ingest: Ingest | undefined,
  count: (what: Noticed) => void,
): (found: Found) => boolean {
  return ({ key, place, resource }) => {
    if (key === null) return true;
    const copy = chosen.get(key);
    if (copy !== undefined && copy !== place) {
      count("duplicate");
      return false;
    }
    if (ingest === undefined) return true;
    const { updated, version } = versionOf(resource);
    const isNewVersion = ingest.versions.add(`${key} ${version} ${updated}`);
    const isNewResource = ingest.resources.add(key);
    if (!isNewVersion) count("duplicate");
    else if (!isNewResource) count("other version");
    return isNewVersion;
  };
}

type Noticed = Counted | "void" | "duplicate" | "other version";

/** Codes and texts of notices. */
const NOTICES: Readonly<Record<Noticed, readonly [code: string, text: string]>> = {
  void: ["fhir-void", "were entered in error, cancelled or not done: they are left out"],
  duplicate: ["fhir-duplicate", "are copies of a resource that is there already: the newest of a file counts"],
  "other version": [
    "fhir-version",
    "are another version of a resource of an earlier file: both are in, column `updated` tells which is newer",
  ],
  future: ["fhir-future", "times are in the future: rows are marked `future` in column `suspect`"],
  "unreadable time": ["fhir-time", "times are no dates of FHIR: they are missing, rows are marked `time` in `suspect`"],
  unit: ["fhir-unit", "values have no unit, or none that their code can be measured in: marked `unit` in `suspect`"],
  range: ["fhir-range", "values are outside of what a patient can have: marked `range` in `suspect`"],
  "not of a patient": ["fhir-subject", "resources are of a group, device or place: they have no patient"],
  "unreadable value": ["fhir-value", "values are samples or attachments: they are missing"],
};

/** Tells what was noticed in all files of an ingest. */
export function tellFhir(context: ReadContext): void {
  tell(ingestOf(context), context);
}

function tell({ noticed, ignored }: Ingest, context: ReadContext): void {
  tellTally(noticed, NOTICES, context);
  if (ignored.list.length === 0) return;
  const shown = ignored.list
    .slice(0, MOST_TYPES)
    .map(([type, count]) => `${count} ${/^[A-Za-z]{1,40}$/.test(type) ? type : "of a type that is no word"}`);
  const more = ignored.list.length > MOST_TYPES ? ` and ${ignored.list.length - MOST_TYPES} more types` : "";
  context.notice(
    "fhir-ignored",
    `no table has resources of these types, they are passed over: ${shown.join(", ")}${more}`,
  );
}
