import { ExitCode, UserError } from "../core/errors.ts";
import { shellWord } from "../core/formats/shell.ts";
import type { GateOutcome } from "../core/gate.ts";
import type { ModelVersion, Stage } from "../core/registry.ts";
import { type AuditRecord, readTrail } from "./audit.ts";
import { CHAMPION, checkMove, planMove, stageOf } from "./stages.ts";
import { checkFiles, commit, type ModelState, VersionTag, type Workbench } from "./state.ts";

/** "passed": a gate passed it, and nothing was to be moved. */
export type ActResult = "done" | "unchanged" | "passed" | "refused" | "inconclusive" | "awaiting";

/** What an act did, for people, scripts and the exit code. */
export interface Act {
  readonly model: string;
  readonly version: string;
  readonly from: Stage;
  /** Where it was asked to lead. */
  readonly to: Stage;
  readonly result: ActResult;
  readonly champion: { readonly before: string | null; readonly after: string | null };
  /** The command that takes it back; null where nothing changed. */
  readonly undo: string | null;
  readonly gate: GateOutcome | null;
  readonly record: AuditRecord | null;
}

/** The exit code of an act: 0, 3 (refused), 4 (inconclusive) or 5 (awaiting approval). */
export function exitCodeOf(result: ActResult): ExitCode {
  if (result === "refused") return ExitCode.gateFailed;
  if (result === "inconclusive") return ExitCode.inconclusive;
  return result === "awaiting" ? ExitCode.awaitingApproval : ExitCode.ok;
}

export interface Promotion {
  readonly to: "Staging" | "Production";
  /** What a gate said of the version's run. */
  readonly gate: GateOutcome | null;
  /** Why there is no gate; Production needs one or the other. */
  readonly reason?: string;
  readonly requireApproval: boolean;
}

/**
 * Whether a promotion has anything to do; to be asked before a gate spends a look at the test split.
 * @throws UserError when the state machine has no such move
 */
export function isPromotable(state: ModelState, version: ModelVersion, to: Promotion["to"]): boolean {
  if (stageOf(state.model, version) === to) return false;
  checkMove("promote", state.model, version, to);
  return true;
}

/** @throws UserError when Production is asked for with neither gate nor reason */
export function requireGate(to: Promotion["to"], hasGate: boolean, reason: string | undefined, where: string): void {
  if (hasGate || to !== "Production" || reason?.trim()) return;
  throw new UserError("a version goes to Production through a gate", {
    where,
    fix: ["Name one: --gate clinical", 'or say why there is none: --no-gate --reason "…" (kept in the audit).'],
  });
}

/**
 * Promotes a version as a gate said, or records that it is refused or awaits approval. The champion that the state names is
 * the one that the gate compared with: when another was promoted meanwhile, nothing is changed.
 * @throws UserError when Production is asked for without a gate and without a reason, or someone else was faster
 */
export async function promote(
  bench: Workbench,
  state: ModelState,
  version: ModelVersion,
  { to, gate, reason, requireApproval }: Promotion,
): Promise<Act> {
  const { model } = state;
  const from = stageOf(model, version);
  const base = { model: model.name, version: version.version, from, to, gate };
  const same = { before: state.champion?.version ?? null, after: state.champion?.version ?? null };
  if (!isPromotable(state, version, to)) {
    return { ...base, result: "unchanged", champion: same, undo: null, record: null };
  }
  requireGate(to, gate !== null, reason, `version ${version.version} of model ${version.name}`);
  const modelHash = await checkFiles(bench, version);
  if (gate) checkGate(state, version, gate, modelHash);
  const details = { version, to, gate, reason, modelHash };
  if (gate && gate.verdict !== "pass") {
    const record = await commit(bench, state, { ...details, act: "refuse" });
    const result = gate.verdict === "fail" ? "refused" : "inconclusive";
    return { ...base, result, champion: same, undo: null, record };
  }
  if (requireApproval) {
    const awaiting: Awaiting = { to, champion: same.before, since: bench.clock.now() };
    const tags = { [VersionTag.awaiting]: JSON.stringify(awaiting) };
    const record = await commit(bench, state, { ...details, act: "await", tags });
    return { ...base, result: "awaiting", champion: same, undo: null, record };
  }
  const record = await commit(bench, state, {
    ...details,
    act: "promote",
    changes: planMove(model, state.versions, version, to),
  });
  return { ...base, result: "done", ...outcome(state, version, from, to), record };
}

/** What the audit says that a gate found in a version before: the newest outcome, so that no look is spent on it again. */
export function knownOutcome(state: ModelState, version: ModelVersion, gateHash: string): GateOutcome | undefined {
  const { records } = readTrail(state.model, state.versions);
  return records.findLast((r) => r.version === version.version && r.gate?.gateHash === gateHash)?.gate ?? undefined;
}

/** Milliseconds for which a review stands for the look of the promotion that follows it. */
const REVIEW_HOLDS = 3_600_000;

/**
 * The outcome of a review that a promotion may rest on in place of a second look at the test patients: the last that happened
 * to the version, by the same gate, within the hour, with the champion of now.
 */
export function reviewedOutcome(
  state: ModelState,
  version: ModelVersion,
  gateHash: string,
  now: number,
): GateOutcome | undefined {
  const { records } = readTrail(state.model, state.versions);
  const last = records.findLast((r) => r.version === version.version && r.act !== "alias");
  if (last?.act !== "review" || last.gate?.gateHash !== gateHash) return undefined;
  const isOld = now - Date.parse(last.when) > REVIEW_HOLDS;
  const hasOther = records.some((r) => r.sequence > last.sequence && r.aliases[CHAMPION] !== undefined);
  return isOld || hasOther ? undefined : last.gate;
}

/**
 * Says what a gate found in a version, and moves nothing; an outcome that the audit does not hold yet is recorded.
 */
export async function review(
  bench: Workbench,
  state: ModelState,
  version: ModelVersion,
  { to, gate, isNew }: { readonly to: Promotion["to"]; readonly gate: GateOutcome; readonly isNew: boolean },
): Promise<Act> {
  const modelHash = await checkFiles(bench, version);
  checkGate(state, version, gate, modelHash);
  const record = isNew ? await commit(bench, state, { version, to, gate, modelHash, act: "review" }) : null;
  const champion = state.champion?.version ?? null;
  const from = stageOf(state.model, version);
  const passed = from === to ? "unchanged" : "passed";
  return {
    model: state.model.name,
    version: version.version,
    from,
    to,
    gate,
    result: ({ pass: passed, fail: "refused", inconclusive: "inconclusive" } as const)[gate.verdict],
    champion: { before: champion, after: champion },
    undo: null,
    record,
  };
}

function checkGate(state: ModelState, version: ModelVersion, gate: GateOutcome, modelHash: string | null): void {
  if (gate.runId !== version.runId || gate.modelHash !== modelHash) {
    throw new UserError("the gate looked at another model than this version's", {
      where: `gate: run ${gate.runId}; version ${version.version}: run ${version.runId}`,
    });
  }
  if (gate.championRunId !== null && gate.championRunId !== state.champion?.runId) {
    throw new UserError("the gate compared with another champion than the one of now", {
      where: `gate: run ${gate.championRunId}; champion: run ${state.champion?.runId ?? "none"}`,
      fix: "Let the gate look again.",
    });
  }
}

function outcome(
  state: ModelState,
  version: ModelVersion,
  from: Stage,
  to: Stage,
): { readonly champion: Act["champion"]; readonly undo: string } {
  const before = state.champion?.version ?? null;
  const ref = shellWord(`${version.name}/${version.version}`);
  const name = shellWord(version.name);
  const after = to === "Production" ? version.version : before === version.version ? null : before;
  if (to !== "Production") {
    return {
      champion: { before, after },
      undo: `disease models demote ${ref} --to ${from === "None" ? from : "Archived"}`,
    };
  }
  const undo = before === null ? `disease models demote ${ref} --confirm ${name}` : `disease models rollback ${name}`;
  return { champion: { before, after }, undo };
}

/** What the tag of a version that awaits approval says. */
export interface Awaiting {
  readonly to: "Staging" | "Production";
  /** Whom the gate compared with. */
  readonly champion: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What a version awaits, as its tag says and the audit trail bears out; null when it awaits nothing. */
export function awaitingOf(
  state: ModelState,
  version: ModelVersion,
): (Awaiting & { readonly record: AuditRecord }) | null {
  const text = version.tags[VersionTag.awaiting];
  if (!text) return null;
  const { records } = readTrail(state.model, state.versions);
  const isBeside = (r: AuditRecord): boolean => r.act === "alias" || (r.act === "review" && r.gate?.verdict === "pass");
  const record = records.findLast((r) => r.version === version.version && !isBeside(r));
  return record?.act === "await" ? { ...(JSON.parse(text) as Awaiting), record } : null;
}

/**
 * Lets a version through that a gate passed and that awaits approval.
 * @param version the only one that awaits when absent
 * @throws UserError when none awaits, another champion was promoted since, or the files changed
 */
export async function approve(
  bench: Workbench,
  state: ModelState,
  chosen?: ModelVersion,
  reason?: string,
): Promise<Act> {
  const waiting = state.versions.filter((v) => awaitingOf(state, v) !== null);
  const version = chosen ?? (waiting.length === 1 ? waiting[0] : undefined);
  const awaiting = version && awaitingOf(state, version);
  if (!awaiting) {
    throw new UserError(
      waiting.length > 1 && !chosen ? "several versions await approval" : "this does not await approval",
      {
        where: `model ${state.model.name}${chosen ? `, version ${chosen.version}` : ""}`,
        fix:
          waiting.length === 0
            ? "Ask for one: disease models promote … --require-approval"
            : `Awaiting: ${waiting.map((v) => shellWord(`${v.name}/${v.version}`)).join(", ")}.`,
      },
    );
  }
  const before = state.champion?.version ?? null;
  if (awaiting.champion !== before) {
    throw new UserError("another champion was promoted since the gate looked", {
      where: `@${CHAMPION} is ${before ?? "nobody"} now, and was ${awaiting.champion ?? "nobody"}`,
      fix: "Promote it again, so that the gate compares with the champion of now.",
    });
  }
  const { to } = awaiting;
  const from = stageOf(state.model, version);
  const [problem] = readTrail(state.model, state.versions).problems;
  if (problem !== undefined || awaiting.record.to !== to) {
    throw new UserError(`the audit trail cannot be relied on: ${problem ?? "the tag asks for another stage"}`, {
      where: `version ${version.version} of model ${version.name}`,
      fix: `See what it says: disease models history ${shellWord(version.name)}`,
    });
  }
  checkMove("promote", state.model, version, to);
  const record = await commit(bench, state, {
    act: "approve",
    version,
    to,
    reason,
    gate: awaiting.record.gate,
    modelHash: await checkFiles(bench, version),
    changes: planMove(state.model, state.versions, version, to),
  });
  await bench.registry.deleteVersionTag(version.name, version.version, VersionTag.awaiting);
  const base = {
    model: version.name,
    version: version.version,
    from,
    to,
    result: "done" as const,
    gate: awaiting.record.gate,
    record,
  };
  return { ...base, ...outcome(state, version, from, to) };
}
