import { Folder, USER } from "../service.ts";
import { type Names, SECRET_KEYS } from "./names.ts";

/** What the pods of service and workers share: the "restricted" Pod Security Standard, and nothing to write to but volumes. */

export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  privileged: false,
  capabilities: { drop: ["ALL"] },
};

/** One variable from the operator's secret. */
export function secretVariable(name: string, names: Names, key: string, optional: boolean): object {
  return { name, valueFrom: { secretKeyRef: { name: names.secret, key, optional } } };
}

export function trackingToken(names: Names): object {
  return secretVariable("MLFLOW_TRACKING_TOKEN", names, SECRET_KEYS.trackingToken, true);
}

/** Volumes that every pod has, and where they are mounted. */
export const scratch = {
  volumes: [
    { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
    { name: "cache", emptyDir: { sizeLimit: "2Gi" } },
  ],
  mounts: [
    { name: "tmp", mountPath: "/tmp" },
    { name: "cache", mountPath: Folder.cache },
  ],
};

/** Spreads pods over machines and zones, without leaving one out where there is a single machine. */
export function spread(matchLabels: Readonly<Record<string, string>>): readonly object[] {
  return ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels },
  }));
}
