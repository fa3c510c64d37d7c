import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ModelIdentity, PredictionLog } from "../../core/serving/serving.ts";
import type { Routes } from "../context.ts";

/** What /metrics tells, by route, class and column; never by patient. */
export interface ServeMetrics {
  answered(route: string, method: string, status: number, seconds: number): void;
  connectionDropped(): void;
  /** Rows by their most probable class. */
  predicted(role: "answer" | "shadow", disease: string, rows: number): void;
  abstained(rows: number): void;
  unknownLevels(column: string, rows: number): void;
  /** Answers that were not noted, as the service could not keep up. */
  unnoted(rows: number): void;
  swapped(result: "done" | "refused"): void;
  uses(model: ModelIdentity, role: "answer" | "shadow"): void;
  watch(sources: { inFlight: number }): void;
  watchLog(log: Pick<PredictionLog, "written" | "dropped">): void;
  /** The metrics in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** @param process whether the process' own figures are wanted: memory, CPU, event loop */
export function createMetrics({ process = true }: { readonly process?: boolean } = {}): ServeMetrics {
  const registry = new Registry();
  const registers = [registry];
  if (process) collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> =>
    new Counter({ name: `disease_${name}`, help, labelNames, registers });
  const requests = counter("http_requests_total", "Requests that were answered", ["route", "method", "status"]);
  const seconds = new Histogram({
    name: "disease_http_request_seconds",
    help: "Time from a request's headers to the end of its answer",
    labelNames: ["route"],
    buckets: SECONDS,
    registers,
  });
  const dropped = counter("connections_refused_total", "Connections above the limit");
  const predictions = counter("predictions_total", "Rows by their most probable class", ["role", "class"]);
  const abstentions = counter("abstentions_total", "Rows that were referred to a clinician");
  const unknown = counter("unknown_levels_total", "Rows with a level that training did not have", ["column"]);
  const unnoted = counter("answers_not_noted_total", "Rows neither logged nor counted by class: too many at once");
  const swaps = counter("model_swaps_total", "New versions of the model", ["result"]);
  const info = new Gauge({
    name: "disease_model_info",
    help: "The models in use",
    labelNames: ["role", "name", "version", "hash", "family"],
    registers,
  });
  const used = new Map<string, Record<string, string>>();
  for (const result of ["done", "refused"]) swaps.inc({ result }, 0);

  return {
    answered(route, method, status, took) {
      requests.inc({ route, method, status });
      seconds.observe({ route }, took);
    },
    connectionDropped: () => dropped.inc(),
    predicted: (role, disease, rows) => predictions.inc({ role, class: disease }, rows),
    abstained: (rows) => abstentions.inc(rows),
    unknownLevels: (column, rows) => unknown.inc({ column }, rows),
    unnoted: (rows) => unnoted.inc(rows),
    swapped: (result) => swaps.inc({ result }),
    uses({ name, version, hash, family }, role) {
      const before = used.get(role);
      if (before !== undefined) info.remove(before);
      const labels = { role, name: name ?? "", version: version ?? "", hash: hash.slice(0, 12), family };
      info.set(labels, 1);
      used.set(role, labels);
    },
    watch(sources) {
      new Gauge({
        ...{ name: "disease_requests_in_flight", help: "Requests in hand", registers },
        collect() {
          this.set(sources.inFlight);
        },
      });
    },
    watchLog(log) {
      count("prediction_log_written_total", "Predictions that were kept", () => log.written);
      count("prediction_log_dropped_total", "Predictions that could not be kept", () => log.dropped);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };

  /** What somebody else counts. */
  function count(name: string, help: string, value: () => number): void {
    new Counter({
      ...{ name: `disease_${name}`, help, registers },
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }
}

/** GET /metrics */
export const metricsRoutes =
  (metrics: ServeMetrics): Routes =>
  (app) => {
    app.get("/metrics", { config: { access: "metrics" } }, async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.text()),
    );
  };
