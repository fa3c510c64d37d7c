/** Profile of a learning table, and its drift since an earlier version. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Column, Dataset, Frame } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import { FEWEST } from "../../core/monitoring/profile.ts";
import { rawRowOf } from "../../core/serving/input.ts";
import { parseAddress, showAddress } from "../../lake/versions/address.ts";
import { compareFeatures } from "../../monitoring/drift.ts";
import { tableProfileHtml } from "../../reports/profile/page.ts";
import type { ClassProfile, TableProfile } from "../../reports/profile/table-profile.ts";
import { profileFrame, profileLevels } from "../../statistics/drift/profile.ts";
import { countsOf, createTally } from "../../statistics/drift/tally.ts";
import type { Project } from "../project.ts";
import { readLakeData } from "./dataset.ts";
import { openLake } from "./open.ts";

export interface ProfileRequest {
  /** Column of the classes; the declaration's when absent. */
  readonly target?: string;
  /** Version that drift is measured from; the one before when absent. */
  readonly against?: number;
  /** File of a page. */
  readonly html?: string;
}

/** Classes that are shown one by one. */
const CLASSES = 20;

/** @throws UserError when there is no such table or version, and for one without a target */
export async function profileTable(
  project: Project,
  address: string,
  { target, against, html }: ProfileRequest,
  notify: (notice: { readonly message: string }) => void,
): Promise<TableProfile> {
  const lake = openLake(project, { notify });
  const version = await lake.resolve(address);
  const here = showAddress(version);
  const dataset = await read(project, here, target);
  const before = against ?? (await lake.table.numbers(version.table)).filter((n) => n < version.version).at(-1);
  const older = before === undefined ? undefined : showAddress({ ...parseAddress(here), version: before });
  const profile: TableProfile = {
    ...{ address: here, rows: dataset.frame.rows, target: dataset.target.name, lineage: version.lineage },
    group: dataset.group?.name ?? null,
    groups: dataset.group === undefined ? null : new Set(dataset.group.codes).size,
    features: profileFrame(dataset.frame, everyRow(dataset.frame)),
    cardinality: Object.fromEntries(dataset.frame.columns.map((column) => [column.name, cardinalityOf(column)])),
    ...classesOf(dataset),
    drift: older === undefined ? null : driftOf(await read(project, older, target), dataset, older),
    notices: dataset.notices.filter(({ code }) => code !== "lineage").map(({ message }) => message),
  };
  if (html !== undefined) write(html, tableProfileHtml(profile));
  return profile;
}

const read = (project: Project, path: string, target: string | undefined): Promise<Dataset> =>
  readLakeData(project, { data: { path, target, columns: {}, orphans: [] } }, {});

function write(file: string, text: string): void {
  try {
    writeFileSync(resolve(file), text);
  } catch (cause) {
    throw new UserError("the page cannot be written", {
      where: file,
      fix: "Name a file in a folder that is there.",
      cause,
    });
  }
}

const everyRow = ({ rows }: Pick<Frame, "rows">): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

function cardinalityOf(column: Column): number {
  if (column.kind === "categorical" || column.kind === "multilabel") return column.levels.length;
  return new Set(column.values.filter((value) => !Number.isNaN(value))).size;
}

function classesOf({ frame, target }: Dataset): Pick<TableProfile, "classes" | "classCount" | "pooledClasses"> {
  const byCode = Map.groupBy(everyRow(frame), (row) => target.codes[row]!);
  const rows = target.classes.map((_, code) => Int32Array.from(byCode.get(code) ?? []));
  const order = [...rows.keys()].sort((a, b) => rows[b]!.length - rows[a]!.length || a - b);
  const shown = order.filter((code) => rows[code]!.length >= FEWEST).slice(0, CLASSES);
  const rest = order.filter((code) => !shown.includes(code));
  const classes: ClassProfile[] = shown.map((code) => ({
    name: target.classes[code]!,
    rows: rows[code]!.length,
    features: profileFrame(frame, rows[code]!),
  }));
  if (rest.length > 0) {
    const pooled = rest.reduce((sum, code) => sum + rows[code]!.length, 0);
    classes.push({ name: `${rest.length} others`, rows: pooled, features: [] });
  }
  return { classes, classCount: target.classes.length, pooledClasses: rest.length };
}

/** The newer version's rows in the bins and levels of the older one's profile; the target is a feature here. */
function driftOf(before: Dataset, now: Dataset, against: string): NonNullable<TableProfile["drift"]> {
  const rows = everyRow(before.frame);
  const features = [profileLevels(targetColumn(before), rows), ...profileFrame(before.frame, rows)];
  const names = new Set(now.frame.columns.map(({ name }) => name));
  const old = new Set(before.frame.columns.map(({ name }) => name));
  const frame = { ...now.frame, columns: [...now.frame.columns, targetColumn(now)] };
  const shared = features.filter(
    (f) => f.name === before.target.name || names.has((f.kind === "numeric" && f.sizeOf) || f.name),
  );
  const tally = createTally(shared);
  for (let row = 0; row < frame.rows; row++) tally.add(rawRowOf(frame, row));
  return {
    ...{ against, rows: before.frame.rows, features: compareFeatures(shared, shared.map(countsOf), tally.counts()) },
    added: [...names].filter((name) => !old.has(name)),
    removed: [...old].filter((name) => !names.has(name)),
  };
}

const targetColumn = ({ target }: Dataset) =>
  ({ kind: "categorical", name: target.name, levels: target.classes, codes: target.codes }) as const;
