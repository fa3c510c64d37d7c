import type { Http } from "./http/http.ts";

/** In what a back end that speaks MLflow's protocol differs from MLflow's own server. */
export interface BackendTraits {
  readonly name: "mlflow" | "gitlab" | "databricks" | "azureml" | "sagemaker";
  /**
   * Whether the same metric point twice is one point, as in MLflow's SQL store. Where not, a log-batch that may have reached
   * the server is not sent again.
   */
  readonly metricsAreSets: boolean;
  /** Where a version's stage is changed, below /api/2.0/mlflow/. */
  readonly stagePath: string;
}

export const MLFLOW_TRAITS: BackendTraits = {
  name: "mlflow",
  metricsAreSets: true,
  stagePath: "model-versions/transition-stage",
};

/** What every resource of the client is made from. */
export interface Backend {
  readonly http: Http;
  readonly traits: BackendTraits;
}

/** The path of an endpoint of MLflow's API 2.0: "runs/get". */
export function api(endpoint: string): string {
  return `/api/2.0/mlflow/${endpoint}`;
}
