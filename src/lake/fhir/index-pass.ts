/**
 * What has to be known of a source before its first row is written: which of several copies of a resource counts, what medications are
 * called that others refer to, and which full URLs do not end with the id. Most pieces are not parsed for it: their first bytes tell.
 */
import type { ByteSource } from "../../core/lake.ts";
import {
  type Concept,
  conceptOf,
  isObject,
  type Json,
  listIn,
  objectIn,
  PREFERRED,
  type Target,
  textIn,
} from "./concept.ts";
import { piecesOf, textOf } from "./pieces.ts";
import { versionOf } from "./reading.ts";
import { createSeen } from "./seen.ts";
import type { Piece } from "./split.ts";

export interface SourceIndex {
  /** Places of the copies that count, by "Type/id", of resources that occur more than once. */
  readonly chosen: ReadonlyMap<string, string>;
  readonly medications: ReadonlyMap<string, Concept>;
  readonly urls: ReadonlyMap<string, Target>;
}

export interface Found {
  readonly resource: Json;
  readonly type: string;
  readonly id: string | null;
  /** "Patient/1"; null where it has no id. */
  readonly key: string | null;
  /** In the source, the same each time it is read. */
  readonly place: string;
  readonly fullUrl: string | null;
}

/** Bundles in bundles are opened to this depth. */
const DEEPEST = 4;

/**
 * Resources of a parsed piece: itself, or those of a bundle's entries; entries of deletions and answers without one are none.
 * @throws NoResource when it is something else
 */
export function resourcesOf(value: unknown, piece: Piece): readonly Found[] {
  return piece.isEntry ? ofEntry(value, `${piece.offset}`, 0) : ofResource(value, null, `${piece.offset}`, 0);
}

/** The message is for the user. */
export class NoResource extends Error {}

function ofEntry(entry: unknown, place: string, depth: number): readonly Found[] {
  if (!isObject(entry)) throw new NoResource("an entry of a bundle has to be an object");
  if (entry.resource === undefined) return [];
  return ofResource(entry.resource, textIn(entry.fullUrl), place, depth);
}

function ofResource(resource: unknown, fullUrl: string | null, place: string, depth: number): readonly Found[] {
  if (!isObject(resource)) throw new NoResource("it is no resource: an object is expected");
  const type = resource.resourceType;
  if (typeof type !== "string" || type === "") throw new NoResource("it is no resource: it has no resourceType");
  if (type === "Bundle") {
    if (depth === DEEPEST) throw new NoResource(`bundles lie in bundles, deeper than ${DEEPEST}`);
    return listIn(resource.entry).flatMap((entry, i) => ofEntry(entry, `${place}/${i}`, depth + 1));
  }
  const id = textIn(resource.id) ?? tailOf(fullUrl);
  return [{ resource, type, id, key: id === null ? null : `${type}/${id}`, place, fullUrl }];
}

const tailOf = (fullUrl: string | null): string | null => fullUrl?.replace(/^.*[/:]/, "") ?? null;

/** How resources are mostly written: their type and id first, after the full URL where they are an entry. */
const HEAD =
  /^\s*\{\s*(?:"fullUrl"\s*:\s*"([^"\\]*)"\s*,\s*"resource"\s*:\s*\{\s*)?"resourceType"\s*:\s*"([A-Za-z]+)"\s*,\s*"id"\s*:\s*"([^"\\]+)"/;
const HEAD_BYTES = 512;

/** Type, id and full URL of a piece, where its first bytes tell; undefined for what has to be parsed anyway. */
export function headOf(piece: Piece): Pick<Found, "type" | "id" | "fullUrl"> | undefined {
  const found = HEAD.exec(textOf(piece.bytes.subarray(0, HEAD_BYTES)));
  if (found === null || found[2] === "Bundle" || found[2] === "Medication") return undefined;
  return { type: found[2]!, id: found[3]!, fullUrl: found[1] ?? null };
}

/** @returns nothing for a piece that cannot be read: that is told when its rows are made */
function parsed(piece: Piece): readonly Found[] {
  try {
    return resourcesOf(JSON.parse(textOf(piece.bytes)), piece);
  } catch {
    return [];
  }
}

/** Reads a source once, and once more where resources occur more than once in it. */
export async function indexSource(
  source: ByteSource,
  types: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<SourceIndex> {
  const seen = createSeen();
  const repeated = new Set<string>();
  const medications = new Map<string, Concept>();
  const urls = new Map<string, Target>();
  for await (const pieces of piecesOf(source, signal)) {
    for (const piece of pieces) {
      if (piece.problem !== undefined) continue;
      const head = headOf(piece);
      for (const { type, id, fullUrl, resource } of head === undefined ? parsed(piece) : [{ ...head, resource: {} }]) {
        if (id === null) continue;
        if (fullUrl !== null && tailOf(fullUrl) !== id) urls.set(fullUrl, { type, id });
        if (type === "Medication") medications.set(id, conceptOf(objectIn(resource).code, PREFERRED.medications));
        if (types.has(type) && !seen.add(`${type}/${id}`)) repeated.add(`${type}/${id}`);
      }
    }
  }
  return { medications, urls, chosen: repeated.size === 0 ? new Map() : await choose(source, repeated, signal) };
}

interface Copy {
  readonly place: string;
  readonly updated: number;
  readonly version: number;
}

/** The copy that was changed last; of equals the one that stands last. */
async function choose(
  source: ByteSource,
  repeated: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const best = new Map<string, Copy>();
  for await (const pieces of piecesOf(source, signal)) {
    for (const piece of pieces) {
      if (piece.problem !== undefined) continue;
      const head = headOf(piece);
      if (head !== undefined && !repeated.has(`${head.type}/${head.id}`)) continue;
      for (const { key, resource, place } of parsed(piece)) {
        if (key === null || !repeated.has(key)) continue;
        const { updated, version } = versionOf(resource);
        const own = { place, updated: updated ?? Number.NEGATIVE_INFINITY, version: Number(version ?? 0) || 0 };
        const there = best.get(key);
        if (there === undefined || !isOlder(own, there)) best.set(key, own);
      }
    }
  }
  return new Map([...best].map(([key, { place }]) => [key, place]));
}

const isOlder = (a: Copy, b: Copy): boolean =>
  a.updated === b.updated ? a.version < b.version : a.updated < b.updated;
