import { hashJson } from "../../core/hash.ts";
import type { DatasetInput, LifecycleStage, MetricPoint, Run, RunBatch, RunStatus } from "../../core/store.ts";
import { Tag } from "../../core/trial.ts";

/** Pure: what a run should be on the far side, what it lacks there, and in which portions that is written. */

/** The tag by which a run that was copied is found again: the id of the run that it is a copy of. */
export const RUN_ID = Tag.mirrorOf;

/** Which run this is, wherever it was copied to. */
export function identityOf({ info, tags }: Run): string {
  return tags[RUN_ID] || info.runId;
}

/** What of a run is small: everything but its metrics and files. */
export interface Body {
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly DatasetInput[];
  readonly status: RunStatus;
  readonly endTime: number | null;
  readonly lifecycle: LifecycleStage;
}

export function bodyOf({ info, params, tags, inputs }: Run): Body {
  const { status, endTime, lifecycleStage: lifecycle } = info;
  return { params, tags, inputs, status, endTime, lifecycle };
}

/** @param parentId the parent's id on the far side; undefined leaves the tag as it is */
export function wantedBody(run: Run, parentId: string | undefined): Body {
  const tags: Record<string, string> = { ...run.tags, [RUN_ID]: identityOf(run) };
  if (parentId !== undefined) tags[Tag.parent] = parentId;
  return { ...bodyOf(run), tags };
}

export const digestOf = (body: Body): string => hashJson(body).slice(0, 32);

export const hasEnded = (status: RunStatus): boolean => status !== "RUNNING" && status !== "SCHEDULED";

export interface Difference {
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: readonly DatasetInput[];
  /** Keys of tags to delete. */
  readonly gone: readonly string[];
  /** Params that have another value there, which cannot be changed. */
  readonly conflicts: readonly string[];
}

/** @param ownTags keys of the tags that we wrote there: others are not ours to delete */
export function difference(want: Body, have: Body, ownTags: readonly string[]): Difference {
  const known = new Set(have.inputs.map(inputKey));
  const own = (record: Readonly<Record<string, string>>, key: string) =>
    Object.hasOwn(record, key) ? record[key] : undefined;
  return {
    params: pick(want.params, (key) => own(have.params, key) === undefined),
    tags: pick(want.tags, (key, value) => own(have.tags, key) !== value),
    inputs: want.inputs.filter((input) => !known.has(inputKey(input))),
    gone: ownTags.filter((key) => own(want.tags, key) === undefined && own(have.tags, key) !== undefined),
    conflicts: Object.keys(want.params).filter((key) => ![undefined, want.params[key]].includes(own(have.params, key))),
  };
}

const inputKey = ({ name, digest }: DatasetInput): string => JSON.stringify([name, digest]);

function pick(
  record: Readonly<Record<string, string>>,
  keep: (key: string, value: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}

/** MLflow's limits of one log-batch; the bytes leave room for JSON's own signs. */
const MOST = { params: 100, tags: 100, bytes: 500_000 } as const;
export const MOST_METRICS = 1000;

/** Params, tags and inputs in portions that MLflow takes. */
export function batchesOf({ params, tags, inputs }: Pick<Difference, "params" | "tags" | "inputs">): RunBatch[] {
  return [
    ...portions(params, MOST.params).map((part): RunBatch => ({ params: part })),
    ...portions(tags, MOST.tags).map((part): RunBatch => ({ tags: part })),
    ...(inputs.length > 0 ? [{ inputs }] : []),
  ];
}

function portions(record: Readonly<Record<string, string>>, most: number): Record<string, string>[] {
  const parts: Record<string, string>[] = [];
  let room = 0;
  let bytes = 0;
  for (const [key, value] of Object.entries(record)) {
    const size = Buffer.byteLength(key) + Buffer.byteLength(value);
    if (room === 0 || bytes + size > MOST.bytes) {
      parts.push({});
      room = most;
      bytes = 0;
    }
    parts.at(-1)![key] = value;
    room--;
    bytes += size;
  }
  return parts;
}

/** The points that are not `there` yet. A point is its step, time and value: the same twice is one point. */
export function missingPoints(points: readonly MetricPoint[], there: readonly MetricPoint[]): MetricPoint[] {
  const known = new Set(there.map(pointKey));
  return points.filter((point) => !known.has(pointKey(point)));
}

const pointKey = ({ key, step, timestamp, value }: MetricPoint): string => `${step} ${timestamp} ${value} ${key}`;
