import type { LoggedModels } from "../../core/registry.ts";
import type { RunInfo, TrackingStore } from "../../core/store.ts";
import type { Body } from "./difference.ts";
import { createGate, type Gate } from "./gate.ts";
import type { LocalRun, LocalStore } from "./local.ts";
import type { Link } from "./state.ts";

/** At once: so that a server that takes 200 ms for each keeps up with a sweep. */
const CALLS = 16;
const UPLOADS = 16;

export interface DeskParts {
  readonly local: LocalStore;
  readonly remote: TrackingStore;
  /** The far side's logged models; undefined when it has none. */
  logged(): Promise<LoggedModels | undefined>;
  link(runId: string): Link;
  save(runId: string, link: Link): void;
  saveFile(runId: string, path: string, stamp: string): void;
  dropFiles(runId: string): void;
  /** Some bytes went out. */
  onProgress(): void;
  /** Whether someone before us may have made this run on the far side. */
  mayBeThere(info: RunInfo): boolean;
  now(): number;
}

/** What it takes to tell what a run lacks. */
export type Ledger = Pick<Desk, "local" | "link" | "now">;

export function parentOf({ link }: Pick<Desk, "link">, { parent }: LocalRun): string | undefined {
  return parent === undefined ? undefined : link(parent).remoteId;
}

/** What the parts of the sender share. */
export interface Desk extends DeskParts {
  readonly gate: Gate;
  /** Files go beside the other calls, so that large ones do not hold these up. */
  readonly uploads: Gate;
  /** Bodies that we know to be on the far side. A run without one is looked at before it is written to. */
  readonly bodies: Map<string, Body>;
  /** Runs whose making was not answered: they may be there. */
  readonly unsure: Set<string>;
  /** By experiment on the far side: the start of the first run that we wrote to. */
  readonly touched: Map<string, number>;
}

export function createDesk(parts: DeskParts): Desk {
  const gate = createGate(CALLS);
  return {
    ...parts,
    gate,
    uploads: createGate(UPLOADS, gate),
    bodies: new Map(),
    unsure: new Set(),
    touched: new Map(),
  };
}
