import type { Clock } from "../core/clock.ts";
import type { Dataset } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { selectColumnRows, unitsOf } from "../core/frame.ts";
import { type GateContext, type GateOutcome, type GateSubject, withOwnNames, worstOf } from "../core/gate.ts";
import { hashModel, modelFiles } from "../core/model-files.ts";
import type { TrackingStore } from "../core/store.ts";
import { findDuplicates } from "../statistics/split-duplicates.ts";
import { type Champion, type Judged, predictChampion } from "./gate/champion.ts";
import { recordLook } from "./gate/ledger.ts";
import { type GateRun, readGateRun, readValidation } from "./gate/run.ts";
import { type GateData, openSaved, type SavedModel } from "./gate/saved.ts";
import type { Gate } from "./gate-file.ts";
import type { ExperimentConfig } from "./schema.ts";

export interface GatePorts {
  readonly store: TrackingStore;
  readonly clock: Clock;
  /** Who looks, for the ledger. */
  readonly user: string;
  readData(config: ExperimentConfig): Promise<GateData>;
}

export interface GateRequest {
  readonly runId: string;
  readonly gate: Gate;
  readonly champion: Champion;
  /** "validation" rehearses: it looks at no test patient and counts no look. */
  readonly part: "test" | "validation";
}

/** An outcome with what a report says beside it. */
export interface GateEvaluation extends GateOutcome {
  readonly description: string;
  readonly part: GateRequest["part"];
  /** Patients (groups) that were judged on. */
  readonly patients: number;
  /** Patients (groups) of the test split, looked at or not. */
  readonly testPatients: number;
  /** Why the champion could not be compared; null when it was, or there is none. */
  readonly championProblem: string | null;
}

/**
 * Judges a trial by a gate: reads its data again, predicts the test patients (the only place in this program that does) and
 * gives the predictions to the rules. The look is written into the ledger first.
 * @throws UserError when the run, its model or its data are not what they were
 */
export async function evaluateGate(ports: GatePorts, request: GateRequest): Promise<GateEvaluation> {
  const { store, clock } = ports;
  const { runId, gate, part } = request;
  const run = await readGateRun(store, runId);
  const data = await ports.readData(run.config);
  const { dataset, changed } = data;
  if (dataset.hash !== run.dataHash) {
    throw new UserError("the data have changed since the run was trained", {
      where: dataset.source,
      fix: `Put the old data back, or train on the new ones: disease exp run ${run.file}`,
    });
  }
  const files = await modelFiles(store, runId);
  const model = await openSaved(run, data, files, `run ${runId}`);
  try {
    const kept: GateSubject = { runId, scored: await readValidation(store, run, dataset.target.classes) };
    const { first } = findDuplicates(dataset);
    const contextOf = (on: GateRequest["part"], candidate: GateSubject): GateContext => {
      const rows = run.parts[on];
      return {
        candidate,
        validation: kept.scored,
        units: unitsOf(dataset, rows),
        columns: [...dataset.frame.columns, ...dataset.extra].map((column) => selectColumnRows(column, rows)),
        leakage: leakageOf(dataset, first, run.parts, on),
        facts: {
          dataTime: changed,
          knowledge: run.knowledge,
          modelBytes: sizeOf(files),
          latencyMs: () => latencyOf(model, rows),
        },
        now: clock.now(),
        bootstrap: { ...run.config.bootstrap, seed: 1 },
      };
    };
    const onValidation = contextOf("validation", kept);
    refuseMisfits(gate, onValidation);
    const look = part === "test" ? await recordLook(store, run, lookOf(ports, gate)) : undefined;
    const judged: Judged = { run, data, rows: run.parts[part] };
    const candidate = part === "test" ? { runId, scored: model.score(judged.rows) } : kept;
    const champion = await championOf(ports, request, judged, candidate);
    const context = { ...(part === "test" ? contextOf(part, candidate) : onValidation), ...champion };
    const rules = withOwnNames(gate.entries.flatMap((entry) => entry.evaluate(context)));
    const verdict = worstOf(rules);
    await look?.seal(verdict);
    return {
      gate: gate.name,
      gateHash: gate.hash,
      description: gate.description,
      verdict,
      rules,
      runId,
      championRunId: request.champion && "runId" in request.champion ? request.champion.runId : null,
      championProblem: champion.championProblem ?? null,
      part,
      patients: new Set(context.units).size,
      testPatients: new Set(unitsOf(dataset, run.parts.test)).size,
      looks: look?.looks ?? 0,
      dataHash: dataset.hash,
      modelHash: hashModel(files),
    };
  } finally {
    model.dispose();
  }
}

/**
 * Tries the rules on validation, so that one that does not fit the data (a column or a disease that is not there) is refused
 * before the look at the test patients.
 * @throws UserError with the line of the gate file
 */
function refuseMisfits(gate: Gate, context: GateContext): void {
  const quick = { ...context.bootstrap, resamples: 1 };
  const facts = { ...context.facts, latencyMs: () => 0 };
  for (const entry of gate.entries) entry.evaluate({ ...context, facts, bootstrap: quick });
}

function lookOf({ clock, user }: GatePorts, gate: Gate): Parameters<typeof recordLook>[2] {
  return { when: new Date(clock.now()).toISOString(), who: user, gate: gate.name, gateHash: gate.hash };
}

async function championOf(
  ports: GatePorts,
  { champion }: GateRequest,
  judged: Judged,
  candidate: GateSubject,
): Promise<Pick<GateContext, "champion" | "championProblem">> {
  if (champion === undefined) return {};
  if ("problem" in champion) return { championProblem: champion.problem };
  if (champion.runId === candidate.runId) return { champion: candidate };
  const readData = async (config: ExperimentConfig): Promise<Dataset> => (await ports.readData(config)).dataset;
  const predicted = await predictChampion(ports.store, champion.runId, judged, readData);
  if ("problem" in predicted) return { championProblem: predicted.problem };
  return { champion: { runId: champion.runId, scored: predicted.scored } };
}

/** @param first [rows] the first row that is identical */
function leakageOf(
  dataset: Dataset,
  first: Int32Array,
  parts: GateRun["parts"],
  part: GateRequest["part"],
): GateContext["leakage"] {
  const others = part === "test" ? [...parts.train, ...parts.validation] : parts.train;
  const trained = new Set(Array.from(others, (row) => first[row]));
  const units = unitsOf(dataset, parts[part]);
  const groups = new Set(unitsOf(dataset, Int32Array.from(others)));
  return {
    identicalRows: parts[part].filter((row) => trained.has(first[row])).length,
    sharedGroups: new Set(units.filter((unit) => groups.has(unit))).size,
  };
}

/** Bytes of what predicts here: a folder may hold the same model as an MLflow model too. */
function sizeOf(files: Readonly<Record<string, Uint8Array>>): number {
  const own = Object.entries(files).filter(([name]) =>
    /^(model\.json|preparation\.bin|family\/.*|orphan\.bin)$/.test(name),
  );
  return own.reduce((sum, [, bytes]) => sum + bytes.length, 0);
}

/** Milliseconds for one raw row: the median of up to 200 predictions within half a second, after a few to warm up. */
function latencyOf(model: SavedModel, rows: Int32Array): number {
  const patients = Array.from(rows.subarray(0, 20), (row) => model.asking(row));
  for (const predict of patients.slice(0, 5)) predict();
  const times: number[] = [];
  const begin = performance.now();
  while (times.length < 200 && (times.length < 5 || performance.now() - begin < 500)) {
    const start = performance.now();
    patients[times.length % patients.length]();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
