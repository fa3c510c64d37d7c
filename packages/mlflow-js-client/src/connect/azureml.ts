import type { ClientOptions } from "../client.ts";
import { invalid } from "../errors.ts";
import { type Env, variable } from "./env.ts";
import { clientCredentialsToken } from "./oauth.ts";

/**
 * An Azure Machine Learning workspace by its tracking URI,
 * azureml://REGION.api.azureml.ms/mlflow/v1.0|v2.0/subscriptions/…/workspaces/NAME: the same address over https, with
 * an Entra token: `token`, MLFLOW_TRACKING_TOKEN (jobs on Azure have it set), or one of the service principal AZURE_TENANT_ID,
 * AZURE_CLIENT_ID, AZURE_CLIENT_SECRET (AZURE_AUTHORITY_HOST for other clouds; AZUREML_TOKEN_SCOPE for another audience).
 * @throws MlflowError of kind "invalid" when the address or the credentials are missing
 */
export function azuremlOptions(
  uri: string,
  env: Env,
  token?: string | (() => string | Promise<string>),
): ClientOptions {
  const [, rest] = /^azureml:\/\/([^?#]+\/mlflow\/v[\d.]+\/subscriptions\/[^?#]+)\??/.exec(uri) ?? [];
  if (rest === undefined) {
    throw invalid(
      `${JSON.stringify(uri)} is not understood: write azureml://REGION.api.azureml.ms/mlflow/v1.0/subscriptions/…/workspaces/NAME ` +
        "(az ml workspace show --query mlflow_tracking_uri)",
    );
  }
  return {
    baseUrl: `https://${rest}`,
    auth: { token: token ?? variable(env, "MLFLOW_TRACKING_TOKEN") ?? servicePrincipal(env) },
    traits: { name: "azureml", metricsAreSets: false },
  };
}

function servicePrincipal(env: Env): () => Promise<string> {
  const [tenant, clientId, clientSecret] = ["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"].map((n) =>
    variable(env, `AZURE_${n}`),
  );
  if (tenant === undefined || clientId === undefined || clientSecret === undefined) {
    throw invalid(
      "There are no Azure credentials: set MLFLOW_TRACKING_TOKEN (az account get-access-token), or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    );
  }
  const authority = variable(env, "AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com";
  const tokenUrl = `${authority.replace(/\/+$/, "")}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  const scope = variable(env, "AZUREML_TOKEN_SCOPE") ?? "https://management.azure.com/.default";
  return clientCredentialsToken({ tokenUrl, clientId, clientSecret, scope });
}
