import type { ClientOptions } from "../client.ts";
import { invalid } from "../errors.ts";
import { type Env, variable } from "./env.ts";

/** The address of a GitLab project's MLflow API: https://HOST/api/v4/projects/ID/ml/mlflow. */
export const GITLAB_URI = /\/api\/v4\/projects\/[^/]+\/ml\/mlflow\/?$/;

/**
 * A GitLab project as an MLflow server: MLFLOW_TRACKING_TOKEN is sent as a Bearer token, GITLAB_TOKEN as PRIVATE-TOKEN (personal,
 * group and project access tokens with the scope `api` do for either).
 * @throws MlflowError of kind "invalid" when there is no token
 */
export function gitlabOptions(uri: string, env: Env): ClientOptions {
  const bearer = variable(env, "MLFLOW_TRACKING_TOKEN");
  const own = variable(env, "GITLAB_TOKEN");
  if (bearer === undefined && own === undefined) {
    throw invalid("There is no GitLab token: set MLFLOW_TRACKING_TOKEN or GITLAB_TOKEN (scope api)");
  }
  return {
    baseUrl: uri,
    ...(bearer !== undefined ? { auth: { token: bearer } } : { headers: { "private-token": own! } }),
    traits: { name: "gitlab", metricsAreSets: false },
  };
}
