import { UserError } from "../core/errors.ts";
import type { ModelVersion, RegisteredModel, Stage } from "../core/registry.ts";

/** The alias of the version in production, and of the one that is to be tried next. The alias is the truth, the stage its mirror. */
export const CHAMPION = "champion";
export const CHALLENGER = "challenger";

export type Move = "promote" | "demote" | "rollback";

/** The state machine: which stage each act may lead to from which. */
export const MOVES: Readonly<Record<Move, Readonly<Record<Stage, readonly Stage[]>>>> = {
  promote: {
    None: ["Staging", "Production"],
    Staging: ["Production"],
    Production: [],
    Archived: ["Staging", "Production"],
  },
  demote: { None: [], Staging: ["None", "Archived"], Production: ["Staging", "Archived"], Archived: [] },
  rollback: { None: ["Production"], Staging: ["Production"], Production: [], Archived: ["Production"] },
};

/** The stage that the aliases say; a version that is in Production or Staging without the alias is really out of both. */
export function stageOf(model: RegisteredModel, version: ModelVersion): Stage {
  if (model.aliases[CHAMPION] === version.version) return "Production";
  if (model.aliases[CHALLENGER] === version.version) return "Staging";
  return version.stage === "Production" || version.stage === "Staging" ? "Archived" : version.stage;
}

/** @throws UserError when the state machine has no such move */
export function checkMove(move: Move, model: RegisteredModel, version: ModelVersion, to: Stage): void {
  const from = stageOf(model, version);
  const allowed = MOVES[move][from];
  if (allowed.includes(to)) return;
  throw new UserError(`${move} does not lead from ${from} to ${to}`, {
    where: `version ${version.version} of model ${model.name}`,
    fix: allowed.length > 0 ? `From ${from} it leads to ${allowed.join(" or ")}.` : `From ${from} it leads nowhere.`,
  });
}

/** What changes of one model, by version and by alias; only what does change. */
export interface Changes {
  readonly stages: Readonly<Record<string, Stage>>;
  readonly aliases: Readonly<Record<string, string | null>>;
}

/**
 * Moves one version and brings all others in step: the champion alone is in Production, the challenger alone in Staging, who
 * was displaced (or stood there without the alias) is archived.
 */
export function planMove(
  model: RegisteredModel,
  versions: readonly ModelVersion[],
  version: ModelVersion,
  to: Stage,
): Changes {
  const holder = (alias: string, stage: Stage): string | null => {
    if (to === stage) return version.version;
    const now = model.aliases[alias] ?? null;
    return now === version.version ? null : now;
  };
  const after = { [CHAMPION]: holder(CHAMPION, "Production"), [CHALLENGER]: holder(CHALLENGER, "Staging") };
  const wanted = (v: ModelVersion): Stage => {
    if (v.version === after[CHAMPION]) return "Production";
    if (v.version === after[CHALLENGER]) return "Staging";
    if (v.version === version.version) return to;
    return v.stage === "Production" || v.stage === "Staging" ? "Archived" : v.stage;
  };
  return {
    stages: Object.fromEntries(versions.filter((v) => wanted(v) !== v.stage).map((v) => [v.version, wanted(v)])),
    aliases: Object.fromEntries(Object.entries(after).filter(([alias, v]) => v !== (model.aliases[alias] ?? null))),
  };
}
