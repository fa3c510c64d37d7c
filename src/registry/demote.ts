import { UserError } from "../core/errors.ts";
import { shellWord } from "../core/formats/shell.ts";
import type { ModelVersion, Stage } from "../core/registry.ts";
import { championStack, readTrail } from "./audit.ts";
import type { Act } from "./promote.ts";
import { CHALLENGER, CHAMPION, checkMove, planMove, stageOf } from "./stages.ts";
import { checkFiles, commit, type ModelState, VersionTag, type Workbench } from "./state.ts";

/**
 * Takes a version out of Staging, or withdraws the champion: the model is then without one until the next promotion or rollback.
 * @throws UserError when the state machine has no such move
 */
export async function demote(
  bench: Workbench,
  state: ModelState,
  version: ModelVersion,
  to: Stage,
  reason?: string,
): Promise<Act> {
  const from = stageOf(state.model, version);
  checkMove("demote", state.model, version, to);
  const record = await commit(bench, state, {
    act: "demote",
    version,
    to,
    reason,
    modelHash: version.tags[VersionTag.modelHash] ?? null,
    changes: planMove(state.model, state.versions, version, to),
  });
  const before = state.champion?.version ?? null;
  const name = shellWord(version.name);
  const undo =
    from === "Production"
      ? `disease models rollback ${name} --to ${version.version}`
      : `disease models promote ${shellWord(`${version.name}/${version.version}`)} --to Staging`;
  const champion = { before, after: before === version.version ? null : before };
  return {
    model: version.name,
    version: version.version,
    from,
    to,
    result: "done",
    champion,
    undo,
    gate: null,
    record,
  };
}

/**
 * Puts an earlier champion back in one step; the present one is archived. Only versions that the audit knows as champions can
 * come back: they have been through a gate (or through a reason that is on record).
 * @param to the one to put back; the previous champion when absent
 * @throws UserError when there is none, or its files changed since
 */
export async function rollback(bench: Workbench, state: ModelState, to?: string, reason?: string): Promise<Act> {
  const { model, versions, champion } = state;
  const { records } = readTrail(model, versions);
  const known = new Set(records.map((r) => r.aliases[CHAMPION]?.[1]).filter((v) => v !== undefined && v !== null));
  const stack = championStack(records);
  const back = to ?? stack.filter((v) => v !== champion?.version).at(-1);
  const version = versions.find((v) => v.version === back);
  if (back === undefined || !version || !known.has(back) || back === champion?.version) {
    const others = versions.filter((v) => known.has(v.version) && v !== champion).map((v) => v.version);
    throw new UserError(
      to === undefined
        ? "there is no previous champion to go back to"
        : to === champion?.version
          ? `version ${to} is the champion already`
          : `version ${to} was never champion, so there is no way back to it`,
      {
        where: `model ${model.name}`,
        fix:
          others.length > 0
            ? `Other champions of the past: ${others.map((v) => `disease models rollback ${shellWord(model.name)} --to ${v}`).join(", ")}`
            : "Promote a version through a gate: disease models promote",
      },
    );
  }
  const from = stageOf(model, version);
  checkMove("rollback", model, version, "Production");
  const record = await commit(bench, state, {
    act: "rollback",
    version,
    to: "Production",
    reason,
    modelHash: await checkFiles(bench, version),
    changes: planMove(model, versions, version, "Production"),
  });
  const name = shellWord(model.name);
  const undo = champion
    ? `disease models rollback ${name} --to ${champion.version}`
    : `disease models demote ${shellWord(`${model.name}/${version.version}`)} --confirm ${name}`;
  return {
    model: model.name,
    version: version.version,
    from,
    to: "Production",
    result: "done",
    champion: { before: champion?.version ?? null, after: version.version },
    undo,
    gate: null,
    record,
  };
}

export interface AliasMove {
  readonly model: string;
  readonly alias: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly undo: string | null;
}

/**
 * Gives a version another alias, or takes an alias away (`version` null).
 * @throws UserError for @champion and @challenger, which follow the stages
 */
export async function setAlias(
  bench: Workbench,
  state: ModelState,
  alias: string,
  version: ModelVersion | null,
): Promise<AliasMove> {
  const { model, versions } = state;
  if (alias === CHAMPION || alias === CHALLENGER) {
    throw new UserError(`@${alias} follows the stages`, {
      where: `model ${model.name}`,
      fix: "Move it with: disease models promote, demote or rollback.",
    });
  }
  const before = model.aliases[alias] ?? null;
  const after = version?.version ?? null;
  const name = shellWord(model.name);
  const holder = version ?? versions.find((v) => v.version === before);
  if (!holder) {
    throw new UserError(`model "${model.name}" has no alias @${alias}`, {
      where: `models:/${model.name}`,
      fix: `It has: ${Object.keys(model.aliases).join(", ") || "none"}.`,
    });
  }
  if (before === after) return { model: model.name, alias, before, after, undo: null };
  await commit(bench, state, {
    act: "alias",
    version: holder,
    modelHash: holder.tags[VersionTag.modelHash] ?? null,
    changes: { stages: {}, aliases: { [alias]: after } },
  });
  const undo =
    before === null
      ? `disease models alias ${name} ${alias} --delete`
      : `disease models alias ${shellWord(`${model.name}/${before}`)} ${alias}`;
  return { model: model.name, alias, before, after, undo };
}
