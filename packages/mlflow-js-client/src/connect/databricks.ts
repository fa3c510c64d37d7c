import type { ClientOptions } from "../client.ts";
import { invalid } from "../errors.ts";
import { type Env, homeFile, iniSections, readable, type Section, variable } from "./env.ts";
import { clientCredentialsToken } from "./oauth.ts";

/**
 * A Databricks workspace: "databricks" takes DATABRICKS_HOST and DATABRICKS_TOKEN (or DATABRICKS_CLIENT_ID and _SECRET), and
 * what is missing from the profile DATABRICKS_CONFIG_PROFILE (else DEFAULT) of ~/.databrickscfg; "databricks://PROFILE" takes
 * that profile alone. Stages are changed at the workspace registry's own endpoint, which also records a comment.
 * @throws MlflowError of kind "invalid" when host or credentials are missing
 */
export function databricksOptions(uri: string, env: Env): ClientOptions {
  const profile = /^databricks:\/\/([^/]+)$/.exec(uri)?.[1];
  if (profile === undefined && !/^databricks(:\/\/)?$/.test(uri)) {
    throw invalid(`${JSON.stringify(uri)} is not understood: write databricks or databricks://PROFILE`);
  }
  const file = sectionOf(env, profile ?? variable(env, "DATABRICKS_CONFIG_PROFILE") ?? "DEFAULT");
  const value = (name: string): string | undefined =>
    profile === undefined ? (variable(env, `DATABRICKS_${name.toUpperCase()}`) ?? file[name]) : file[name];
  const host = value("host");
  if (host === undefined)
    throw invalid("The Databricks workspace is not known: set DATABRICKS_HOST to its https address");
  const baseUrl = /^https?:\/\//.test(host) ? host : `https://${host}`;
  return {
    baseUrl,
    auth: { token: tokenOf(baseUrl, value) },
    traits: { name: "databricks", metricsAreSets: false, stagePath: "databricks/model-versions/transition-stage" },
  };
}

function tokenOf(baseUrl: string, value: (name: string) => string | undefined): string | (() => Promise<string>) {
  const token = value("token");
  if (token !== undefined) return token;
  const [clientId, clientSecret] = [value("client_id"), value("client_secret")];
  if (clientId === undefined || clientSecret === undefined) {
    throw invalid(
      "There are no Databricks credentials: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET",
    );
  }
  const tokenUrl = new URL("/oidc/v1/token", baseUrl).href;
  return clientCredentialsToken({ tokenUrl, clientId, clientSecret, scope: "all-apis" });
}

function sectionOf(env: Env, profile: string): Section {
  const file = variable(env, "DATABRICKS_CONFIG_FILE");
  return iniSections((file === undefined ? homeFile(env, ".databrickscfg") : readable(file)) ?? "")[profile] ?? {};
}
