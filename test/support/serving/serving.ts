/** The service without a port: a small model that can be reckoned by hand, and what was kept of its answers. */
import type { FastifyInstance } from "fastify";
import type { Frame } from "../../../src/core/dataset.ts";
import type {
  InputColumn,
  PredictionLog,
  PredictionRecord,
  ServedModel,
  ServedTable,
} from "../../../src/core/serving/serving.ts";
import { ALWAYS_ANSWER } from "../../../src/serving/clinical/abstention.ts";
import type { Routes, ServeSettings } from "../../../src/serving/context.ts";
import { createMetrics, metricsRoutes, type ServeMetrics } from "../../../src/serving/http/metrics.ts";
import { mlflowRoutes } from "../../../src/serving/mlflow/routes.ts";
import { createServer, type ServerOptions } from "../../../src/serving/server.ts";
import { createService, type Service } from "../../../src/serving/service.ts";

export const INPUT: readonly InputColumn[] = [
  { name: "age", kind: "numeric" },
  { name: "smoker", kind: "boolean" },
  { name: "grade", kind: "categorical", levels: ["high", "low"] },
];

export const EXAMPLE = { age: 40, smoker: false, grade: "low" } as const;

/** Flu is age/100 likely, or 1/2 where the age is missing. */
export function ageModel(
  options: { readonly version?: string; readonly input?: readonly InputColumn[]; onDispose?(): void } = {},
): ServedTable {
  const { version = "1", input = INPUT } = options;
  const classes = ["cold", "flu"];
  return {
    kind: "table",
    identity: {
      ...{ address: "models:/skin@champion", name: "skin", version, runId: null },
      ...{ hash: version.repeat(64).slice(0, 64), family: "test", codeVersion: "test", knowledge: null },
    },
    input,
    example: { ...EXAMPLE },
    target: "disease",
    classes,
    predictProba(frame: Frame) {
      const age = frame.columns.find((column) => column.name === "age");
      if (age?.kind !== "numeric") throw new Error("no age");
      return Float32Array.from({ length: 2 * frame.rows }, (_, i) => {
        const flu = Number.isNaN(age.values[i >> 1]) ? 0.5 : age.values[i >> 1]! / 100;
        return i % 2 === 1 ? flu : 1 - flu;
      });
    },
    explain: () => ({ method: "none", unit: "probability", base: 0, evidence: [] }),
    interval: () => null,
    dispose: () => options.onDispose?.(),
  };
}

export const SETTINGS: ServeSettings = {
  tokens: [],
  open: { health: true, metrics: true },
  corsOrigins: [],
  bodyLimit: 1 << 20,
  maxRows: 1000,
  maxColumns: 100,
  rate: null,
  connections: 100,
  pressure: { inFlight: 100, lag: 60_000 },
  timeouts: { headers: 10_000, request: 30_000 },
  abstain: ALWAYS_ANSWER,
};

export interface TestService extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly service: Service;
  readonly metrics: ServeMetrics;
  /** Of the prediction log. */
  readonly records: PredictionRecord[];
  /** Lines of the service's own log. */
  readonly lines: string[];
  post(
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; json: unknown; headers: Record<string, unknown> }>;
  /** Notes what waits, and tells a line of the metrics. */
  metric(pattern: RegExp): Promise<string | undefined>;
}

export function startService(
  options: {
    readonly settings?: Partial<ServeSettings>;
    readonly model?: ServedModel;
    readonly shadow?: ServedModel;
    readonly log?: PredictionLog | null;
    readonly routes?: readonly Routes[];
    problem?(message: string): void;
  } & Partial<Pick<ServerOptions, "now" | "tls">> = {},
): TestService {
  const { settings, model = ageModel(), shadow = null, routes = [], problem = () => {}, now, tls } = options;
  const records: PredictionRecord[] = [];
  const lines: string[] = [];
  const kept: PredictionLog = {
    append: (record) => records.push(record),
    get written() {
      return records.length;
    },
    ...{ dropped: 0, problem: null, close: async () => {} },
  };
  const metrics = createMetrics({ process: false });
  const service = createService({
    settings: { ...SETTINGS, ...settings },
    ...{ model, shadow, metrics, problem, now },
    log: options.log === undefined ? kept : options.log,
    hashPatient: (key) => `hash of ${key.length} characters`,
  });
  const app = createServer({
    context: service.context,
    routes: [mlflowRoutes, metricsRoutes(metrics), ...routes],
    logTo: { write: (line) => void lines.push(line) },
    ...{ metrics, now, tls },
  });
  return {
    ...{ app, service, metrics, records, lines },
    async post(body, headers = {}) {
      const payload = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const response = await app.inject({
        ...{ method: "POST", url: "/invocations", payload },
        headers: { "content-type": "application/json", ...headers },
      });
      return { status: response.statusCode, json: response.json(), headers: response.headers };
    },
    metric: async (pattern) => (await metrics.text()).split("\n").find((line) => pattern.test(line)),
    async [Symbol.asyncDispose]() {
      await app.close();
      await service.close();
    },
  };
}

/** As MLflow's clients write a table. */
export const split = (...rows: readonly (readonly unknown[])[]) => ({
  dataframe_split: { columns: ["age", "smoker", "grade"], data: rows },
});
