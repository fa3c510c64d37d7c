import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { UserError } from "../core/errors.ts";
import { hasCredentials, isServer } from "../stores/outbox/address.ts";
import { addressOf } from "./settings.ts";

/** Where a project's runs go. */
export interface Tracking {
  /** The embedded store's folder: all runs are written there. */
  readonly mlruns: string;
  /** Tracking URI of the server that sweeps are mirrored to as well; may hold credentials. */
  readonly server?: string;
}

/**
 * Where the runs of a project go: by `--tracking`, else MLFLOW_TRACKING_URI, else tracking.uri of disease.yaml, else mlruns/.
 * @throws UserError for an address of another kind, or a wrong disease.yaml
 */
export function trackingOf(root: string, env: NodeJS.ProcessEnv, flag?: string): Tracking {
  const mlruns = join(root, "mlruns");
  const given = flag ? { uri: flag, where: "--tracking", base: process.cwd() } : fromEnvironment(env);
  const { uri, where, base } = given ?? fromFile(root) ?? { uri: "", where: "", base: root };
  if (uri === "") return { mlruns };
  if (isServer(uri)) return { mlruns, server: uri };
  return { mlruns: embeddedFolder(uri, where, base) };
}

interface Given {
  readonly uri: string;
  readonly where: string;
  /** What relative paths are relative to. */
  readonly base: string;
}

function fromEnvironment(env: NodeJS.ProcessEnv): Given | undefined {
  const uri = env.MLFLOW_TRACKING_URI;
  return uri ? { uri, where: "MLFLOW_TRACKING_URI", base: process.cwd() } : undefined;
}

function fromFile(root: string): Given | undefined {
  const given = addressOf(root, "tracking");
  if (given === undefined) return undefined;
  const { uri, where } = given;
  if (isServer(uri) && hasCredentials(uri)) {
    throw new UserError("the address holds credentials, and this file is shared", {
      where,
      fix: "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment instead.",
    });
  }
  return { uri, where, base: root };
}

/** The folder of sqlite:///PATH/mlflow.db (four slashes for an absolute path, as SQLAlchemy has it). */
export function embeddedFolder(uri: string, where: string, base: string): string {
  const path = /^sqlite:\/\/\/([^?#]+)$/.exec(uri)?.[1];
  if (path !== undefined && basename(path) === "mlflow.db") {
    return dirname(isAbsolute(path) ? path : resolve(base, path));
  }
  throw new UserError(
    path === undefined ? "not a tracking address that we know" : "an embedded store's file is named mlflow.db",
    {
      where:
        where === "MLFLOW_TRACKING_URI" || where === "--tracking"
          ? `${where}=${uri.replace(/\/\/[^/]*@/, "//")}`
          : where,
      fix: [
        "Write http://HOST:PORT (an MLflow server), databricks, azureml://… or a SageMaker ARN,",
        "or sqlite:///mlruns/mlflow.db (the project's own store, which is used when there is no address).",
      ],
    },
  );
}
