import { z } from "zod";

/** What a person has chosen to see; saved per project by name. Column ids as in core/board/board.ts. */

const COLUMN = z.strictObject({
  id: z.string().min(1).max(300),
  /** Columns of the terminal; by its content when absent. */
  width: z.int().min(3).max(200).optional(),
  /** Stays at the left when the table is scrolled sideways. */
  pinned: z.boolean().optional(),
});

const SORT_KEY = z.strictObject({ id: z.string().min(1).max(300), descending: z.boolean() });

export const VIEW = z.strictObject({
  /** Shown, in this order; the default ones when empty. */
  columns: z.array(COLUMN).max(500).default([]),
  /** First key first. Empty: newest run first. */
  sort: z.array(SORT_KEY).max(10).default([]),
  /** MLflow's filter language; empty: all. */
  filter: z.string().max(10_000).default(""),
  /** Part of a name, param or tag; case and accents do not count. */
  search: z.string().max(1000).default(""),
  /** Ids whose values make a group, or "configuration": repeats over seeds and folds. Empty: one line a run. */
  groupBy: z.array(z.string().min(1).max(300)).max(5).default([]),
  /** flat: sweeps are left out, their trials shown; fold: each sweep is a line that opens. */
  nesting: z.enum(["flat", "fold"]).default("flat"),
  /** Only params and tags that differ among the rows shown. */
  differing: z.boolean().default(false),
  /** current: what leaderboards are of (board/current.ts), without answers that newer ones took the place of. */
  answers: z.enum(["all", "current"]).default("all"),
  lifecycle: z.enum(["active", "deleted", "all"]).default("active"),
});

export type BoardView = Readonly<z.infer<typeof VIEW>>;
export type ViewColumn = BoardView["columns"][number];
export type SortKey = BoardView["sort"][number];

/** `.disease/views.json` */
export const VIEWS = z.strictObject({ version: z.literal(1), views: z.record(z.string().min(1).max(100), VIEW) });

/** What `groupBy` calls the repeats of one configuration. */
export const CONFIGURATION = "configuration";

/** Everything, newest first. */
export const EMPTY_VIEW: BoardView = VIEW.parse({});
