import type { FeatureDrift } from "../../core/monitoring/monitor.ts";
import type { FeatureProfile } from "../../core/monitoring/profile.ts";

/** A class of a learning table; those of fewer than `FEWEST` patients are pooled. */
export interface ClassProfile {
  readonly name: string;
  readonly rows: number;
  /** Of its patients; empty of the pooled ones. */
  readonly features: readonly FeatureProfile[];
}

/** What a learning table looks like. Nothing in it is one patient's. */
export interface TableProfile {
  /** "lake://NAME@v2" */
  readonly address: string;
  readonly rows: number;
  readonly target: string;
  readonly group: string | null;
  /** Groups, where rows are grouped. */
  readonly groups: number | null;
  readonly lineage: readonly string[];
  readonly features: readonly FeatureProfile[];
  /** Different values or levels, by feature. */
  readonly cardinality: Readonly<Record<string, number>>;
  /** The largest ones first. */
  readonly classes: readonly ClassProfile[];
  /** How many there are in all, and how many of them are pooled or not shown. */
  readonly classCount: number;
  readonly pooledClasses: number;
  /** Since an earlier version; null without one. */
  readonly drift: {
    readonly against: string;
    readonly rows: number;
    readonly features: readonly FeatureDrift[];
    /** Columns that only one of the two has. */
    readonly added: readonly string[];
    readonly removed: readonly string[];
  } | null;
  readonly notices: readonly string[];
}
