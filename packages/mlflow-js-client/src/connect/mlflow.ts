import type { Auth, ClientOptions } from "../client.ts";
import { invalid } from "../errors.ts";
import type { TlsOptions } from "../http/http.ts";
import { awsSigner, environmentCredentials } from "./aws.ts";
import { type Env, homeFile, iniSections, isTrue, readable, variable } from "./env.ts";

/** Options that the environment gives to every back end: TLS, proxies, timeout, retries. */
export function commonOptions(env: Env): Partial<ClientOptions> {
  const seconds = Number(variable(env, "MLFLOW_HTTP_REQUEST_TIMEOUT"));
  const retries = Number(variable(env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES") ?? Number.NaN);
  return {
    tls: tlsOptions(env),
    proxyEnv: env,
    ...(seconds > 0 ? { timeout: seconds * 1000 } : {}),
    ...(retries >= 0 ? { retry: { attempts: retries + 1 } } : {}),
  };
}

/** MLflow's own server: credentials by MLFLOW_TRACKING_* or ~/.mlflow/credentials, or within the address. */
export function mlflowOptions(uri: string, env: Env): ClientOptions {
  const url = new URL(uri);
  const auth = authOf(url, env);
  const workspace = variable(env, "MLFLOW_WORKSPACE");
  url.username = "";
  url.password = "";
  return {
    ...commonOptions(env),
    baseUrl: url.href,
    ...(workspace === undefined ? {} : { headers: { "x-mlflow-workspace": workspace } }),
    ...(isTrue(variable(env, "MLFLOW_TRACKING_AWS_SIGV4"))
      ? { sign: executeApiSigner(env) }
      : auth === undefined
        ? {}
        : { auth }),
  };
}

function authOf(url: URL, env: Env): Auth | undefined {
  const file = iniSections(homeFile(env, ".mlflow", "credentials") ?? "").mlflow ?? {};
  const username = variable(env, "MLFLOW_TRACKING_USERNAME") ?? file.mlflow_tracking_username;
  const password = variable(env, "MLFLOW_TRACKING_PASSWORD") ?? file.mlflow_tracking_password;
  const token = variable(env, "MLFLOW_TRACKING_TOKEN");
  // Python's order: a name and a password win over a token
  if (username !== undefined && password !== undefined) return { username, password };
  if (token !== undefined) return { token };
  if (url.username !== "")
    return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return undefined;
}

function executeApiSigner(env: Env): ClientOptions["sign"] {
  const region = variable(env, "AWS_REGION", "AWS_DEFAULT_REGION");
  if (region === undefined) throw invalid("MLFLOW_TRACKING_AWS_SIGV4 needs a region: set AWS_REGION");
  return awsSigner({ region, service: "execute-api", credentials: environmentCredentials(env) });
}

function tlsOptions(env: Env): TlsOptions {
  const ca = fileOf(env, "MLFLOW_TRACKING_SERVER_CERT_PATH");
  const own = fileOf(env, "MLFLOW_TRACKING_CLIENT_CERT_PATH"); // one PEM file with certificate and key
  return {
    ...(isTrue(variable(env, "MLFLOW_TRACKING_INSECURE_TLS")) ? { rejectUnauthorized: false } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(own === undefined ? {} : { cert: own, key: own }),
  };
}

function fileOf(env: Env, name: string): string | undefined {
  const path = variable(env, name);
  if (path === undefined) return undefined;
  const text = readable(path);
  if (text === undefined) throw invalid(`${name} names ${JSON.stringify(path)}, which cannot be read`);
  return text;
}
