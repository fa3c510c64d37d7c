import type { GateOutcome } from "../core/gate.ts";
import { canonicalJson, hashBytes } from "../core/hash.ts";
import { AUDIT, AUDIT_HEAD, type ModelVersion, type RegisteredModel, type Stage } from "../core/registry.ts";

/**
 * The audit trail of a model: one record an act, kept as a tag of the version that it was about and as an artifact of its run.
 * Each holds the hash of the one before, and a tag of the model holds the last, so that a record that was changed or taken
 * away shows. (Who may write to the store can still write a whole new trail; the copies in the runs then differ.)
 */

export type ActName =
  | "register"
  | "copy"
  | "promote"
  | "refuse"
  | "review"
  | "await"
  | "approve"
  | "demote"
  | "rollback"
  | "alias";

type FromTo<T> = readonly [from: T, to: T];

export interface AuditRecord {
  /** From 1. */
  readonly sequence: number;
  readonly act: ActName;
  readonly model: string;
  readonly version: string;
  readonly runId: string | null;
  readonly who: string;
  /** ISO 8601, UTC */
  readonly when: string;
  /** Of every version whose stage changed. */
  readonly stages: Readonly<Record<string, FromTo<Stage>>>;
  readonly aliases: Readonly<Record<string, FromTo<string | null>>>;
  /** Where the act was asked to lead; null where it moves nothing. */
  readonly to: Stage | null;
  /** Given for an act without a gate, or by who approved. */
  readonly reason: string | null;
  readonly gate: GateOutcome | null;
  /** sha-256 of the model's files and of the data that it was trained on; null where they are not known. */
  readonly modelHash: string | null;
  readonly dataHash: string | null;
  /** Hash of the record before; null in the first. */
  readonly previous: string | null;
  /** sha-256 of the canonical JSON of all of the above. */
  readonly hash: string;
}

export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

export function headOf(model: RegisteredModel): Head | null {
  const match = /^(\d+) ([0-9a-f]{64})$/.exec(model.tags[AUDIT_HEAD] ?? "");
  return match ? { sequence: Number(match[1]), hash: match[2]! } : null;
}

export function headTag(record: AuditRecord): string {
  return `${record.sequence} ${record.hash}`;
}

/** The record that follows `head`. */
export function nextRecord(head: Head | null, act: Omit<AuditRecord, "sequence" | "previous" | "hash">): AuditRecord {
  const body = { ...act, sequence: (head?.sequence ?? 0) + 1, previous: head?.hash ?? null };
  return { ...body, hash: hashOf(body) };
}

function hashOf(body: Omit<AuditRecord, "hash">): string {
  return hashBytes(canonicalJson(body));
}

/** The tag of the version that keeps a record. */
export function recordTag(record: AuditRecord): Record<string, string> {
  return { [`${AUDIT}${String(record.sequence).padStart(6, "0")}`]: canonicalJson(record) };
}

/** Where the run of the version keeps its copy. */
export function recordPath(record: AuditRecord): string {
  return `audit/${String(record.sequence).padStart(6, "0")}-${record.act}-${record.hash.slice(0, 8)}.json`;
}

export function recordBytes(record: AuditRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
}

export interface Trail {
  /** Oldest first. */
  readonly records: readonly AuditRecord[];
  /** What is wrong with it, a sentence each; empty when it is whole. */
  readonly problems: readonly string[];
}

/** Reads the trail from the tags and checks its chain. */
export function readTrail(model: RegisteredModel, versions: readonly ModelVersion[]): Trail {
  const problems: string[] = [];
  const records: AuditRecord[] = [];
  for (const version of versions) {
    for (const [key, text] of Object.entries(version.tags)) {
      if (!/^disease\.audit\.\d+$/.test(key)) continue;
      const record = parseRecord(text);
      if (!record) problems.push(`the tag ${key} of version ${version.version} is not a record`);
      else {
        records.push(record);
        const isMoved = recordTag(record)[key] === undefined || record.version !== version.version;
        if (isMoved) problems.push(`record ${record.sequence} stands at another place than it was written`);
      }
    }
  }
  records.sort((a, b) => a.sequence - b.sequence);
  let before: Head | null = null;
  for (const record of records) {
    const { hash, ...body } = record;
    const expected: number = (before?.sequence ?? 0) + 1;
    if (hashOf(body) !== hash) problems.push(`record ${record.sequence} was changed after it was written`);
    if (record.sequence > expected) problems.push(missing(expected, record.sequence - 1));
    else if (record.sequence < expected) problems.push(`there are two records ${record.sequence}`);
    else if (record.previous !== (before?.hash ?? null)) {
      problems.push(`record ${record.sequence} does not follow from record ${expected - 1} as it is now`);
    }
    before = record;
  }
  const head = headOf(model);
  if ((head?.sequence ?? 0) > (before?.sequence ?? 0)) {
    problems.push(missing((before?.sequence ?? 0) + 1, head!.sequence));
  } else if ((head?.hash ?? null) !== (before?.hash ?? null)) {
    problems.push("the last record is not the one that the model's tag names");
  }
  return { records, problems };
}

function missing(first: number, last: number): string {
  const which = first === last ? `record ${first} is` : `records ${first} to ${last} are`;
  return `${which} missing (taken away, or their version was deleted)`;
}

function parseRecord(text: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(text) as AuditRecord;
    return Number.isInteger(value?.sequence) && typeof value.hash === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The champions that a rollback can return to, the newest last; the last one is the champion now, unless it was withdrawn.
 * A promotion puts one on top; a rollback takes away what stood above the one it returned to.
 */
export function championStack(records: readonly AuditRecord[]): readonly string[] {
  let stack: readonly string[] = [];
  for (const { act, aliases } of records) {
    const now = aliases.champion?.[1];
    if (now === undefined || now === null) continue;
    const at = stack.lastIndexOf(now);
    stack = act === "rollback" && at >= 0 ? stack.slice(0, at + 1) : [...stack, now];
  }
  return stack;
}
