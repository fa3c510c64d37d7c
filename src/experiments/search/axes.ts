import type { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { Condition, Dimension, RangeDimension, SearchSpace, SpacePoint } from "../../core/search.ts";
import { endless, same, valuesOf } from "../../search/_space.ts";
import type { GridFamily } from "../kinds/ranking-families.ts";
import { type LocatedYaml, type Path, suggestion, zodError } from "../located.ts";
import { choiceSchema, rangeSchema } from "../schema.ts";

/** One hyper-parameter (or `preparation`, `class_weight`) and the values it takes. */
export interface Axis {
  readonly key: string;
  /** Empty for a range. */
  readonly values: readonly unknown[];
  readonly range?: Pick<RangeDimension, "low" | "high" | "log" | "int" | "step">;
  /** What must hold of other axes of the grid, which stand before it; else the hyper-parameter keeps its default. */
  readonly when?: readonly Condition[];
}

export interface Grid {
  readonly family: GridFamily;
  /** The family's id, with the number of the grid where there are several: "xgboost.1". */
  readonly label: string;
  readonly axes: readonly Axis[];
}

/**
 * What a family's key says in an experiment file: a value, a list of values, {choice: [...]} or {low, high, …}.
 * @param field what the hyper-parameter accepts
 * @throws UserError with the line of what is wrong
 */
export function readAxis(key: string, given: unknown, field: z.ZodType, yaml: LocatedYaml, grid: Path): Axis {
  const path = [...grid, key];
  // A value that the parameter itself accepts is one value, also where it is a list (layers: [64, 32]).
  if (field.safeParse(given).success) return { key, values: [field.parse(given)] };
  const space = typeof given === "object" && given !== null && !Array.isArray(given) ? given : undefined;
  if (space && ("low" in space || "high" in space)) return readRange(key, space, field, yaml, path);
  const choice = space && "choice" in space ? choiceSchema.safeParse(space) : undefined;
  if (choice && !choice.success) throw zodError(choice.error, yaml, path, () => Object.keys(choiceSchema.shape));
  const list: unknown = choice ? choice.data.choice : given;
  const candidates: readonly unknown[] = Array.isArray(list) ? list : [list];
  if (candidates.length === 0) throw new UserError(`${path.join(".")}: an empty list`, { where: yaml.where(path) });
  const values = candidates.map((candidate, i) => {
    const parsed = field.safeParse(candidate);
    if (parsed.success) return parsed.data;
    throw zodError(
      parsed.error,
      yaml,
      Array.isArray(list) ? [...path, ...(choice ? ["choice"] : []), i] : path,
      () => [],
    );
  });
  return choice?.data.when ? { key, values, when: conditions(choice.data.when) } : { key, values };
}

function readRange(key: string, given: object, field: z.ZodType, yaml: LocatedYaml, path: Path): Axis {
  const parsed = rangeSchema.safeParse(given);
  if (!parsed.success) throw zodError(parsed.error, yaml, path, () => Object.keys(rangeSchema.shape));
  const { low, log, int, when } = parsed.data;
  const step = parsed.data.step ?? (int ? 1 : undefined);
  // The greatest that is low and some steps.
  const high = step === undefined ? parsed.data.high : low + Math.floor((parsed.data.high - low) / step + 1e-9) * step;
  const name = path.join(".");
  const refuse = (message: string, at: string, fix?: string): never => {
    throw new UserError(`${name}: ${message}`, { where: yaml.where(path, at), fix });
  };
  if (parsed.data.high <= low) refuse(`high is ${parsed.data.high}, not above low (${low})`, "high");
  if (int && ![low, step!].every(Number.isInteger)) refuse("low and step are whole numbers where int is true", "low");
  if (log && low <= 0)
    refuse("a logarithmic range begins above 0", "low", "Give low a small number, or leave log out.");
  if (log && step !== undefined && !(int && step === 1)) refuse("log and step exclude each other", "step");
  for (const [at, value] of [
    ["low", low],
    ["high", high],
  ] as const) {
    const accepted = field.safeParse(value);
    if (!accepted.success) refuse(accepted.error.issues[0]!.message.replace(/^Invalid input: /, ""), at);
  }
  if (!int && step === undefined && !field.safeParse(low + (high - low) * 0.37012).success)
    refuse("takes whole numbers", "low", "Add int: true.");
  const range = { low, high, log, int, ...(step === undefined ? {} : { step }) };
  return when ? { key, values: [], range, when: conditions(when) } : { key, values: [], range };
}

function conditions(when: Readonly<Record<string, unknown>>): Condition[] {
  return Object.entries(when).map(([key, value]) => ({ key, values: Array.isArray(value) ? value : [value] }));
}

/**
 * The axes of a grid so that each stands after those that its conditions name.
 * @throws UserError where a condition names none of them, a value that is never there, or its own consequence
 */
export function orderAxes(axes: readonly Axis[], yaml: LocatedYaml, grid: Path): Axis[] {
  if (!axes.some((a) => a.when)) return [...axes];
  for (const { key, when = [] } of axes) {
    for (const condition of when) {
      const where = yaml.where([...grid, key, "when"], condition.key);
      const other = axes.find((a) => a.key === condition.key);
      if (!other) {
        throw new UserError(`${[...grid, key].join(".")}: when names "${condition.key}", which is not searched here`, {
          where,
          fix: suggestion(
            condition.key,
            axes.map((a) => a.key).filter((k) => k !== key),
          ),
        });
      }
      const possible = other.range && !other.range.step ? undefined : valuesOf(dimensionOf(other, "", []));
      const never = condition.values.find((value) => !possible?.some((p) => same(p, value)));
      if (never === undefined && possible) continue;
      throw new UserError(
        possible
          ? `${[...grid, key].join(".")}: ${condition.key} is never ${JSON.stringify(never)} here`
          : `${[...grid, key].join(".")}: a condition takes values, and ${condition.key} is a range of all numbers`,
        { where, fix: possible && `It is one of ${possible.map((p) => JSON.stringify(p)).join(", ")}.` },
      );
    }
  }
  const ordered: Axis[] = [];
  while (ordered.length < axes.length) {
    const next = axes.find(
      (a) => !ordered.includes(a) && (a.when ?? []).every((c) => ordered.some((o) => o.key === c.key)),
    );
    if (!next) {
      throw new UserError(`${grid.join(".")}: conditions that wait for each other`, { where: yaml.where(grid) });
    }
    ordered.push(next);
  }
  return ordered;
}

/** The key of the dimension that chooses among the grids. */
export const FAMILY = "family";

function dimensionOf({ key, values, range, when = [] }: Axis, prefix: string, outer: readonly Condition[]): Dimension {
  const inner = when.map((c) => ({ key: prefix + c.key, values: c.values }));
  const base = { key: prefix + key, when: [...outer, ...inner] };
  return range ? { kind: "range", ...range, ...base } : { kind: "choice", values, ...base };
}

/** The space of an experiment: the choice of a family is its first dimension, and each family has its own after it. */
export function spaceOf(grids: readonly Grid[]): SearchSpace {
  return {
    dimensions: [
      { kind: "choice", key: FAMILY, values: grids.map((g) => g.label), when: [] },
      ...grids.flatMap(({ label, axes }) =>
        axes.map((axis) => dimensionOf(axis, `${label}.`, [{ key: FAMILY, values: [label] }])),
      ),
    ],
  };
}

/** The grid that a point is of, and the values of its axes that have one. */
export function valuesAt(
  grids: readonly Grid[],
  point: SpacePoint,
): { readonly grid: Grid; readonly values: Readonly<Record<string, unknown>> } {
  const grid = grids.find((g) => g.label === point[FAMILY])!;
  const values = Object.entries(point).flatMap(([key, value]) =>
    key === FAMILY ? [] : [[key.slice(grid.label.length + 1), value] as const],
  );
  return { grid, values: Object.fromEntries(values) };
}

/** Where in the file the first dimension without end stands; undefined where there is none. */
export function endlessPath(space: SearchSpace): Path | undefined {
  const key = endless(space)?.key.split(".");
  return key && ["families", ...key.map((part, i) => (i === 1 && key.length === 3 ? Number(part) : part))];
}
