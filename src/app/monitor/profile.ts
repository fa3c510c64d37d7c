/** What a model's training and validation patients looked like, from its run. */
import { ExitCode, messageOf, UserError } from "../../core/errors.ts";
import {
  MONITORING_PROFILE,
  type MonitoringProfile,
  type TrainingProfile,
  trainingProfilePath,
} from "../../core/monitoring/profile.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag, VALIDATION } from "../../core/trial.ts";
import { readPredictions } from "../../experiments/read/predictions.ts";
import { validationMetrics } from "../../monitoring/performance.ts";
import { profileValidation } from "../../monitoring/profile.ts";

/**
 * The profile of a run's model: what was kept when it was registered, else made of what its run and its sweep kept.
 * @throws UserError (exit code 4) where there is none
 */
export async function readProfile(store: TrackingStore, runId: string): Promise<MonitoringProfile> {
  const kept = await readJson<MonitoringProfile>(store, runId, MONITORING_PROFILE);
  return kept?.format === 1 ? kept : makeProfile(store, runId);
}

/**
 * Keeps the profile of a run beside its model, so that it goes wherever the run goes; where there can be none, that is worth a note and
 * no more.
 */
export async function tryKeepProfile(
  { store, notify }: { readonly store: TrackingStore; notify(message: string): void },
  runId: string,
): Promise<void> {
  if ((await readJson(store, runId, MONITORING_PROFILE)) !== undefined) return;
  try {
    const profile = await makeProfile(store, runId);
    await store.writeArtifact(runId, MONITORING_PROFILE, new TextEncoder().encode(`${JSON.stringify(profile)}\n`));
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== ExitCode.inconclusive) throw error;
    notify(`the model cannot be monitored: ${error.message}`);
  }
}

async function makeProfile(store: TrackingStore, runId: string): Promise<MonitoringProfile> {
  const run = await store.getRun(runId);
  const training = await trainingOf(store, run);
  if (training === undefined) {
    throw new UserError("nothing is known of the patients that the model was trained on", {
      exitCode: ExitCode.inconclusive,
      where: `run ${runId}`,
      fix: "Train it again with this version, which keeps a profile: disease exp run FILE --force",
    });
  }
  try {
    const { scored, units } = await readPredictions(store, runId);
    const card = await readJson<{ readonly classes?: readonly string[] }>(store, runId, "model/model.json");
    const classes = training.input === "table" ? (card?.classes ?? scored.classes) : [];
    const known = training.input === "table" ? { ...scored, classes } : scored;
    const own = validationMetrics(known, units, { resamples: 1000, level: 0.95, seed: 1 });
    return {
      ...{ format: 1, runId, input: training.input, classes, training },
      orphans: scored.orphans.flatMap((code) => classes[code] ?? []),
      validation: profileValidation(known, { ...metricsOf(run), ...own }),
    };
  } catch (error) {
    if (error instanceof UserError && error.exitCode === ExitCode.unreachable) throw error;
    throw new UserError(`what the model predicted for its validation patients cannot be read: ${messageOf(error)}`, {
      exitCode: ExitCode.inconclusive,
      where: `run ${runId}`,
      fix: "Train it again: disease exp run FILE --force",
      cause: error,
    });
  }
}

async function trainingOf(store: TrackingStore, { tags }: Run): Promise<TrainingProfile | undefined> {
  const parent = tags[Tag.parent];
  if (parent === undefined) return undefined;
  const fold = tags[Tag.fold] === undefined ? undefined : Number(tags[Tag.fold]);
  const path = trainingProfilePath({ seed: Number(tags[Tag.seed]), fold });
  const profile = await readJson<TrainingProfile>(store, parent, path);
  return profile?.format === 1 ? profile : undefined;
}

/** Validation metrics as the run has them, with their intervals. */
function metricsOf({ metrics }: Run): MonitoringProfile["validation"]["metrics"] {
  const names = Object.keys(metrics).filter((key) => key.startsWith(VALIDATION) && !/_(low|high)$/.test(key));
  return Object.fromEntries(
    names.map((key) => {
      const interval = { low: metrics[`${key}_low`], high: metrics[`${key}_high`] };
      const known = interval.low !== undefined && interval.high !== undefined;
      return [key.slice(VALIDATION.length), { value: metrics[key], ...(known && interval) }];
    }),
  );
}

/** @returns undefined where there is no such file */
async function readJson<T>(store: TrackingStore, runId: string, path: string): Promise<T | undefined> {
  try {
    return JSON.parse(new TextDecoder().decode(await store.readArtifact(runId, path))) as T;
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode === ExitCode.unreachable) throw error;
    return undefined;
  }
}
