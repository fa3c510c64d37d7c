import type { PredictionLog, ServedModel } from "../core/serving/serving.ts";
import type { ServeContext, ServeSettings } from "./context.ts";
import type { ServeMetrics } from "./http/metrics.ts";
import { createSlot, type ModelSlot } from "./models.ts";
import { createRecorder } from "./recorder.ts";
import { Refusal } from "./refusal.ts";

export interface ServiceOptions {
  readonly settings: ServeSettings;
  readonly model: ServedModel;
  readonly shadow: ServedModel | null;
  readonly log: PredictionLog | null;
  readonly metrics: ServeMetrics;
  /** HMAC of a patient's key. */
  hashPatient(key: string): string;
  /** Milliseconds since the epoch. */
  now?(): number;
  /** Things that an operator should know. */
  problem(message: string): void;
}

/** The models and what is noted of their answers; what routes see of it is the context. */
export interface Service {
  readonly context: ServeContext;
  readonly model: ModelSlot;
  readonly shadow: ModelSlot;
  /** Not ready from now on: /ping and /health say so. @param answering whether other requests are answered meanwhile */
  drain(answering: boolean): void;
  /** Notes all that waits, closes the log and disposes of the models. */
  close(): Promise<void>;
}

export function createService(options: ServiceOptions): Service {
  const { settings, log, metrics, hashPatient, now = Date.now, problem } = options;
  const model = createSlot(options.model);
  const shadow = createSlot(options.shadow);
  metrics.uses(options.model.identity, "answer");
  if (options.shadow) metrics.uses(options.shadow.identity, "shadow");
  if (log) metrics.watchLog(log);
  const recorder = createRecorder({ log, metrics, shadow, hashPatient, now, problem: once(problem) });
  let isReady = true;
  let isAnswering = true;
  return {
    model,
    shadow,
    context: {
      settings,
      log,
      current() {
        const lease = model.lease();
        if (lease === null) throw new Refusal(503, "TEMPORARILY_UNAVAILABLE", "No model is loaded");
        return lease;
      },
      answered: recorder.note,
      isReady: () => isReady,
      isAnswering: () => isAnswering,
    },
    drain(answering) {
      isReady = false;
      isAnswering = answering;
    },
    async close() {
      isReady = false;
      isAnswering = false;
      recorder.finish();
      await log?.close();
      model.replace(null);
      shadow.replace(null);
    },
  };
}

/** Says each thing once. */
function once(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message) || told.size > 100) return;
    told.add(message);
    tell(message);
  };
}
