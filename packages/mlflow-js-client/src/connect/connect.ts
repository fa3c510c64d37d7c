import { type ClientOptions, createClient, type MlflowClient } from "../client.ts";
import { invalid } from "../errors.ts";
import type { CredentialsSource } from "./aws.ts";
import { sagemakerOptions } from "./aws.ts";
import { azuremlOptions } from "./azureml.ts";
import { databricksOptions } from "./databricks.ts";
import type { Env } from "./env.ts";
import { GITLAB_URI, gitlabOptions } from "./gitlab.ts";
import { commonOptions, mlflowOptions } from "./mlflow.ts";

/** `baseUrl` replaces the address that the URI stands for: a private endpoint, a proxy. */
export interface ConnectOptions extends Partial<ClientOptions> {
  /** A tracking URI. Default: MLFLOW_TRACKING_URI. */
  readonly uri?: string;
  /** Where credentials and settings are looked up. Default: process.env. */
  readonly env?: Env;
  /** An Entra token for Azure ML, instead of those of the environment. */
  readonly azureToken?: string | (() => string | Promise<string>);
  /** AWS credentials for SageMaker, instead of those of the environment. */
  readonly awsCredentials?: CredentialsSource;
}

/**
 * A client for a tracking URI: http(s)://… (MLflow, or a GitLab project), databricks, databricks://PROFILE, azureml://… or
 * the ARN of a SageMaker tracking server. Options given here win over the environment.
 * @throws MlflowError of kind "invalid" for a URI of another kind, or when credentials are missing
 */
export function connect(options: ConnectOptions = {}): MlflowClient {
  const { uri, env = process.env, azureToken, awsCredentials, ...given } = options;
  const target = uri ?? env.MLFLOW_TRACKING_URI ?? "";
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const found = { ...commonOptions(env), ...optionsFor(target, env, options) };
  return createClient({
    ...found,
    ...set,
    traits: { ...found.traits, ...given.traits },
    retry: { ...found.retry, ...given.retry },
  });
}

/** Whether `uri` is one that `connect` understands. */
export function isRemoteUri(uri: string): boolean {
  return /^(https?:\/\/|azureml:\/\/|arn:aws[a-z-]*:sagemaker:)/.test(uri) || /^databricks(:\/\/.*)?$/.test(uri);
}

function optionsFor(uri: string, env: Env, { azureToken, awsCredentials }: ConnectOptions): ClientOptions {
  if (/^https?:\/\//.test(uri) && URL.canParse(uri))
    return GITLAB_URI.test(uri) ? gitlabOptions(uri, env) : mlflowOptions(uri, env);
  if (uri.startsWith("azureml://")) return azuremlOptions(uri, env, azureToken);
  if (uri.startsWith("arn:")) return sagemakerOptions(uri, env, awsCredentials);
  if (uri.startsWith("databricks")) return databricksOptions(uri, env);
  throw invalid(
    uri === ""
      ? "There is no tracking URI: give one, or set MLFLOW_TRACKING_URI"
      : `The tracking URI ${JSON.stringify(uri.replace(/\/\/[^/@]*@/, "//***@"))} is not one of a server: write http(s)://…, databricks, azureml://… or an ARN`,
  );
}
