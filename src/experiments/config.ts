import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { Step, StepSpec } from "../core/step.ts";
import type { Preparation } from "../core/trial.ts";
import { families } from "../families/index.ts";
import { metricsOf } from "../metrics/_all.ts";
import { steps } from "../preparation/index.ts";
import { type GridFamily, rankingFamilies } from "./kinds/ranking-families.ts";
import { type LocatedYaml, type Path, parseLocated, suggestion, zodError } from "./located.ts";
import {
  commonParams,
  DEFAULT_PREPARATIONS,
  type ExperimentConfig,
  isCaseConfig,
  namesCases,
  schemaOf,
} from "./schema.ts";
import { type Axis, type Grid, orderAxes, readAxis } from "./search/axes.ts";
import { readSearch, type SearchSettings } from "./search/settings.ts";

/** An experiment file, read and checked, defaults filled in. */
export interface Experiment {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly string[];
  readonly config: ExperimentConfig;
  readonly preparations: readonly Preparation[];
  readonly grids: readonly Grid[];
  /** Of families that learn from the other trials: they run after these. */
  readonly ensembles: readonly Grid[];
  readonly search: SearchSettings;
}

/**
 * Reads an experiment.
 * @param file name for messages; its stem is the experiment's name where the text has none
 * @throws UserError with file, line and the nearest right key
 */
export async function parseExperiment(
  file: string,
  text: string,
  overrides: readonly string[] = [],
): Promise<Experiment> {
  const yaml = parseLocated(file, text, overrides);
  if (yaml.value === null || yaml.value === undefined) {
    throw new UserError("the file is empty", { where: file, fix: "`disease init` writes an example." });
  }
  const config = readConfig(yaml);
  checkSplit(config, yaml);
  const metrics = metricsOf(isCaseConfig(config) ? "ranks" : undefined);
  if (!metrics.some((m) => m.id === config.rank.metric)) {
    throw new UserError(`unknown metric "${config.rank.metric}"`, {
      where: yaml.where(["rank", "metric"]),
      fix: suggestion(
        config.rank.metric,
        metrics.map((m) => m.id),
      ),
    });
  }
  const preparations = await readPreparations(config, yaml);
  const all = await readGrids(config, yaml, preparations);
  const grids = all.filter(({ family }) => family.input !== "members");
  const ensembles = all.filter(({ family }) => family.input === "members");
  checkEnsembles(ensembles, grids, yaml);
  return {
    name: config.name ?? stem(file),
    file,
    text,
    overrides,
    config,
    preparations,
    grids,
    ensembles,
    search: await readSearch(config, grids, yaml),
  };
}

/** @throws UserError with file, line and the nearest right key */
function readConfig(yaml: LocatedYaml): ExperimentConfig {
  const schema = schemaOf(yaml.value);
  refuseMixtures(yaml);
  const parsed = schema.safeParse(yaml.value);
  if (!parsed.success) throw zodError(parsed.error, yaml, [], (path) => keysAt(schema, path));
  return parsed.data;
}

/** What belongs to tables and has no meaning beside `data.cases`, and what to do instead. */
const OF_TABLES: readonly (readonly [path: readonly string[], fix: string])[] = [
  [["data", "path"], "Name a table (path, target), or cases."],
  [["data", "target"], "Leave it out: a case's disease is its diagnosis."],
  [["data", "group"], "Leave it out: cases of one publication are held together."],
  [["data", "columns"], "Leave it out: a case has terms, sex, age and onset."],
  [["data", "orphans"], "Leave it out: figures are by number of solved cases as it is."],
  [["split", "stratify"], "Leave it out: a disease without a solved case is among those that are judged."],
  [["split", "unseen"], "Leave it out: some diseases are without a solved case as it is."],
  [["split", "duplicates"], "Leave it out: publications are held together, whatever their cases are."],
  [["preparations"], "Leave it out: the terms of a case are taken as they are."],
  [["charts"], "Leave it out: rankings have none."],
];

/** @throws UserError where a file about cases says what tables alone have */
function refuseMixtures(yaml: LocatedYaml): void {
  if (!namesCases(yaml.value)) return;
  for (const [path, fix] of OF_TABLES) {
    const given = path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | null | undefined)?.[key],
      yaml.value,
    );
    if (given !== undefined) {
      throw new UserError(`${path.join(".")} is for tables, and data.cases names cases`, {
        where: yaml.where(path),
        fix,
      });
    }
  }
}

function stem(file: string): string {
  return file
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.ya?ml$/, "");
}

function checkSplit(config: ExperimentConfig, yaml: LocatedYaml): void {
  const { train, validation, test } = config.split;
  const sum = train + validation + test;
  if (Math.abs(sum - 1) > 1e-9) {
    throw new UserError(`split: train + validation + test is ${Number(sum.toFixed(6))}, not 1`, {
      where: yaml.where(["split"]),
      fix: "The usual split is 0.7, 0.2, 0.1.",
    });
  }
  if (config.split.folds !== undefined && config.split.file !== undefined) {
    throw new UserError("split: folds cannot be drawn where the file says the split", {
      where: yaml.where(["split", "folds"]),
      fix: "Leave out folds, or file.",
    });
  }
  if (new Set(config.seeds).size < config.seeds.length) {
    throw new UserError("seeds: a seed stands there twice", {
      where: yaml.where(["seeds"]),
      fix: "Name each seed once.",
    });
  }
}

/** Stands where nothing is prepared. */
const NOTHING: Preparation = { name: "none", steps: [] };

async function readPreparations(config: ExperimentConfig, yaml: LocatedYaml): Promise<Preparation[]> {
  if (isCaseConfig(config)) return [NOTHING];
  const given: [string, readonly (string | Record<string, unknown>)[]][] = Object.entries(
    config.preparations ?? DEFAULT_PREPARATIONS,
  );
  if (given.length === 0) throw new UserError("preparations: none is named", { where: yaml.where(["preparations"]) });
  return Promise.all(
    given.map(async ([name, list]) => ({
      name,
      steps: await Promise.all(list.map((entry, i) => readStep(entry, yaml, ["preparations", name, i]))),
    })),
  );
}

async function readStep(entry: string | Record<string, unknown>, yaml: LocatedYaml, path: Path): Promise<StepSpec> {
  const pairs: [string, unknown][] = typeof entry === "string" ? [[entry, {}]] : Object.entries(entry);
  if (pairs.length !== 1) {
    throw new UserError(`${path.join(".")}: one step an entry, found ${pairs.length}`, {
      where: yaml.where(path),
      fix: "Begin each step with its own dash.",
    });
  }
  const [id, params] = pairs[0]!;
  const load = Object.hasOwn(steps, id) ? steps[id] : undefined;
  if (!load) {
    throw new UserError(`unknown preparation step "${id}"`, {
      where: yaml.where(path, id),
      fix: suggestion(id, Object.keys(steps)),
    });
  }
  const step: Step = await load();
  const parsed = step.params.safeParse(params ?? {});
  if (!parsed.success) throw zodError(parsed.error, yaml, [...path, id], (p) => keysAt(step.params, p));
  return { id, params: parsed.data as Record<string, unknown> };
}

async function readGrids(
  config: ExperimentConfig,
  yaml: LocatedYaml,
  preparations: readonly Preparation[],
): Promise<Grid[]> {
  const grids: Grid[] = [];
  for (const [id, value] of Object.entries(config.families)) {
    const family = await loadFamily(id, isCaseConfig(config), yaml);
    const list = Array.isArray(value) ? value.map((v, i) => [v, i] as const) : [[value, undefined] as const];
    for (const [grid, i] of list) {
      const path = i === undefined ? ["families", id] : ["families", id, i];
      const label = path.slice(1).join(".");
      grids.push({ family, label, axes: readGrid(family, grid ?? {}, yaml, path, preparations) });
    }
  }
  return grids;
}

/** @throws UserError naming the nearest family of those for what the experiment is about */
async function loadFamily(id: string, ofCases: boolean, yaml: LocatedYaml): Promise<GridFamily> {
  const [own, others] = ofCases ? [rankingFamilies, families] : [families, rankingFamilies];
  if (Object.hasOwn(own, id)) return own[id]!();
  const where = yaml.where(["families"], id);
  if (!Object.hasOwn(others, id)) {
    throw new UserError(`unknown family "${id}"`, { where, fix: suggestion(id, Object.keys(own)) });
  }
  throw new UserError(
    ofCases
      ? `${id} is a family for tables, and data.cases names cases`
      : `${id} ranks diseases for cases, and the data are a table`,
    {
      where,
      fix: ofCases
        ? `Families for cases: ${Object.keys(own).join(", ")}.`
        : "Name phenopackets (data: { cases: FILE }), or a family for tables such as gbm.",
    },
  );
}

function readGrid(
  family: GridFamily,
  grid: unknown,
  yaml: LocatedYaml,
  path: Path,
  preparations: readonly Preparation[],
): Axis[] {
  if (typeof grid !== "object" || grid === null || Array.isArray(grid)) {
    throw new UserError(`${path.join(".")}: expected hyper-parameters by name`, {
      where: yaml.where(path),
      fix: `Write ${family.id}: {} for its defaults.`,
    });
  }
  const names = preparations.map((p) => p.name);
  const own = (family.params as z.ZodObject<z.ZodRawShape>).shape as Record<string, z.ZodType>;
  const fields: Record<string, z.ZodType> = {
    ...own,
    ...(family.input === "members" && { calibrate: commonParams.shape.calibrate }),
    ...(family.input === undefined && {
      // Rows drawn again or made up are no solved cases.
      ...(family.knowsClasses ? commonParams.omit({ resample: true }) : commonParams).shape,
      preparation: z.enum(names as [string, ...string[]]),
    }),
  };
  const axes: Axis[] = [];
  for (const [key, given] of Object.entries(grid)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!field) {
      throw new UserError(`unknown key "${key}" in ${path.join(".")}`, {
        where: yaml.where(path, key),
        fix: suggestion(key, Object.keys(fields)),
      });
    }
    axes.push(readAxis(key, given, field, yaml, path));
  }
  if (family.input !== "members" && !axes.some((a) => a.key === "preparation"))
    axes.push({ key: "preparation", values: names });
  return orderAxes(axes, yaml, path);
}

/** @throws UserError for an ensemble without other families, of families that are not there, or over a range */
function checkEnsembles(ensembles: readonly Grid[], grids: readonly Grid[], yaml: LocatedYaml): void {
  const ids = [...new Set(grids.map((g) => g.family.id))];
  for (const { family, label, axes } of ensembles) {
    const path = ["families", ...label.split(".").map((part, i) => (i === 0 ? part : Number(part)))];
    if (ids.length === 0) {
      throw new UserError(`${family.id} combines other families, and none is named`, {
        where: yaml.where(path),
        fix: "Name some beside it, e.g. logistic: {} and gbm: {}.",
      });
    }
    const open = axes.find((axis) => axis.range !== undefined || axis.when !== undefined);
    if (open) {
      throw new UserError(`${path.join(".")}.${open.key}: ensembles run after the search, as a plain grid`, {
        where: yaml.where([...path, open.key]),
        fix: "Name the values in a list.",
      });
    }
    const members = axes.find((axis) => axis.key === "members")?.values.flat() as readonly string[] | undefined;
    const unknown = members?.find((id) => !ids.includes(id));
    if (unknown === undefined) continue;
    throw new UserError(`members: the experiment has no family "${unknown}"`, {
      where: yaml.where([...path, "members"], unknown),
      fix: suggestion(unknown, ids),
    });
  }
}

/** Names of the keys that a schema knows at a path, read off its JSON Schema. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  interface Json {
    properties?: Record<string, Json>;
    additionalProperties?: Json | boolean;
    items?: Json;
    anyOf?: Json[];
  }
  let nodes: Json[] = [z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json];
  const spread = (n: Json): Json[] => [n, ...(n.anyOf ?? []).flatMap(spread)];
  for (const part of path) {
    nodes = nodes.flatMap(spread).flatMap((n) => {
      if (typeof part === "number") return n.items ? [n.items] : [];
      const next = n.properties?.[part] ?? n.additionalProperties;
      return typeof next === "object" ? [next] : [];
    });
  }
  return nodes.flatMap(spread).flatMap((n) => Object.keys(n.properties ?? {}));
}
