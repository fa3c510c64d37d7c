import { type ArtifactsApi, artifactsApi } from "./artifacts/artifacts.ts";
import { type Backend, type BackendTraits, MLFLOW_TRAITS } from "./backend.ts";
import { type ExperimentsApi, experimentsApi } from "./experiments.ts";
import { createHttp, type Headers, type HttpOptions } from "./http/http.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "./http/retry.ts";
import { type LoggedModelsApi, loggedModelsApi } from "./logged-models.ts";
import { type MetricsApi, metricsApi } from "./metrics.ts";
import { type ModelVersionsApi, modelVersionsApi } from "./model-versions.ts";
import { type RegisteredModelsApi, registeredModelsApi } from "./registered-models.ts";
import { type RunsApi, runsApi } from "./runs.ts";
import { type ServerApi, serverApi } from "./server.ts";

export const VERSION = "0.1.0";

export type Auth =
  | { readonly token: string | (() => string | Promise<string>) }
  | { readonly username: string; readonly password: string };

export interface ClientOptions extends Pick<HttpOptions, "baseUrl" | "sign" | "tls" | "proxyEnv"> {
  /** Bearer token (a function is called before each attempt) or Basic. */
  readonly auth?: Auth;
  /** Sent with every request; a function is called before each attempt. They win over `auth`. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** Put before this package's own: "my-app/1.2". */
  readonly userAgent?: string;
  /** Milliseconds without progress; default 120,000. */
  readonly timeout?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly traits?: Partial<BackendTraits>;
}

export interface MlflowClient {
  /** Without credentials: may be shown. */
  readonly baseUrl: string;
  readonly traits: BackendTraits;
  readonly experiments: ExperimentsApi;
  readonly runs: RunsApi;
  readonly metrics: MetricsApi;
  readonly artifacts: ArtifactsApi;
  readonly loggedModels: LoggedModelsApi;
  readonly registeredModels: RegisteredModelsApi;
  readonly modelVersions: ModelVersionsApi;
  readonly server: ServerApi;
  /** Closes connections that are kept open; calls under way fail. */
  close(): void;
}

/** @throws MlflowError of kind "invalid" when the address is none */
export function createClient(options: ClientOptions): MlflowClient {
  const { auth, headers, userAgent, timeout = 120_000, retry, baseUrl, sign, tls, proxyEnv } = options;
  const traits = { ...MLFLOW_TRAITS, ...options.traits };
  const own = `mlflow-js-client/${VERSION}`;
  const http = createHttp({
    baseUrl,
    sign,
    tls,
    proxyEnv,
    timeout,
    headers: async () => ({
      ...(await authHeader(auth)),
      ...(typeof headers === "function" ? await headers() : headers),
    }),
    userAgent: userAgent === undefined ? own : `${userAgent} ${own}`,
    retry: { ...DEFAULT_RETRY, ...retry },
  });
  const backend: Backend = { http, traits };
  return {
    baseUrl: http.base.href.replace(/\/$/, ""),
    traits,
    experiments: experimentsApi(backend),
    runs: runsApi(backend),
    metrics: metricsApi(backend),
    artifacts: artifactsApi(backend),
    loggedModels: loggedModelsApi(backend),
    registeredModels: registeredModelsApi(backend),
    modelVersions: modelVersionsApi(backend),
    server: serverApi(backend),
    close: () => http.close(),
  };
}

async function authHeader(auth: Auth | undefined): Promise<Headers> {
  if (auth === undefined) return {};
  if ("token" in auth) {
    return { authorization: `Bearer ${typeof auth.token === "function" ? await auth.token() : auth.token}` };
  }
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}` };
}
