import { resourceName } from "../names.ts";
import type { DeployModel } from "../types.ts";

/** Names of the objects of one model, and the labels by which they find each other. */
export interface Names {
  /** Of the service's own objects. */
  readonly app: string;
  readonly worker: string;
  /** Environment of the service that is no secret. */
  readonly config: string;
  /** Made by the operator, never written by us. */
  readonly secret: string;
  /** The volume with the prediction log. */
  readonly predictions: string;
}

export const SECRET_KEYS = {
  projectKey: "project-key",
  trackingToken: "mlflow-token",
  tokens: "tokens",
  redisPassword: "redis-password",
} as const;

export function namesOf(model: DeployModel): Names {
  const app = resourceName(model.name);
  return {
    app,
    worker: `${app}-worker`,
    config: `${app}-config`,
    secret: `${app}-secrets`,
    predictions: `${app}-predictions`,
  };
}

/** All pods of the model. */
export const partOf = ({ app }: Names): Record<string, string> => ({ "app.kubernetes.io/part-of": app });

/** One kind of its pods. */
export function selectorOf(names: Names, component: "service" | "worker"): Record<string, string> {
  return {
    "app.kubernetes.io/name": "disease",
    "app.kubernetes.io/instance": names.app,
    "app.kubernetes.io/component": component,
  };
}

export function labelsOf(names: Names, component: "service" | "worker"): Record<string, string> {
  return { ...selectorOf(names, component), ...partOf(names), "app.kubernetes.io/managed-by": "kustomize" };
}
