/** What the writers of deployments take and give: values in, files out. */

/** A registered version, as far as a deployment has to know it. */
export interface DeployModel {
  /** As the service is told: "models:/skin@champion". */
  readonly address: string;
  readonly name: string;
  readonly version: string;
  readonly runId: string | null;
  /** SHA-256 of its files. */
  readonly hash: string;
  readonly family: string;
  /** Whether it ranks diseases for cases, or predicts from a table. */
  readonly kind: "table" | "cases";
  /** As the service reads them from a folder, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** A body for MLflow's /invocations: a made-up patient; null where the version is not packaged for MLflow. */
  readonly request: string | null;
}

export interface DeployFile {
  /** From the folder of the deployment, with "/". */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly isExecutable?: boolean;
}

export interface Deployment {
  readonly files: readonly DeployFile[];
  /** Commands to run next, in this order, from the folder of the deployment; lines that begin with # explain. */
  readonly next: readonly string[];
  /** What is worth knowing before it is used. */
  readonly notices: readonly string[];
}
