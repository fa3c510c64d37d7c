import { Folder, PROGRAM } from "../service.ts";
import { IMAGE } from "./base.ts";
import { labelsOf, type Names, SECRET_KEYS, selectorOf } from "./names.ts";
import { containerSecurity, podSecurity, scratch, secretVariable, spread, trackingToken } from "./pod.ts";

/** Workers that take trials from a queue on Redis; KEDA says how many. */

export interface Queue {
  /** redis://HOST:PORT[/DB] or rediss://…, without credentials */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly isTls: boolean;
  /** Keys of BullMQ's lists begin with it: "PREFIX:QUEUE". */
  readonly key: string;
}

/** Trials at once in one worker. */
const JOBS = 2;

export const workerDeployment = (names: Names): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: names.worker, labels: labelsOf(names, "worker") },
  spec: {
    revisionHistoryLimit: 5,
    selector: { matchLabels: selectorOf(names, "worker") },
    template: {
      metadata: { labels: labelsOf(names, "worker") },
      spec: {
        serviceAccountName: names.app,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // on SIGTERM a worker finishes its trials or hands them back
        terminationGracePeriodSeconds: 600,
        securityContext: podSecurity,
        topologySpreadConstraints: spread(selectorOf(names, "worker")),
        containers: [
          {
            name: "worker",
            image: IMAGE,
            imagePullPolicy: "IfNotPresent",
            command: [...PROGRAM],
            args: ["worker", "--queue", "$(QUEUE_ADDRESS)", "--jobs", String(JOBS)],
            envFrom: [{ configMapRef: { name: names.config } }],
            env: [secretVariable("REDIS_PASSWORD", names, SECRET_KEYS.redisPassword, true), trackingToken(names)],
            resources: {
              requests: { cpu: String(JOBS), memory: "2Gi", "ephemeral-storage": "1Gi" },
              limits: { memory: "8Gi", "ephemeral-storage": "12Gi" },
            },
            securityContext: containerSecurity,
            volumeMounts: [...scratch.mounts, { name: "project", mountPath: Folder.project }],
          },
        ],
        volumes: [...scratch.volumes, { name: "project", emptyDir: { sizeLimit: "10Gi" } }],
      },
    },
  },
});

/** Waiting and running trials together: a worker is not taken away while its trials run and nothing waits. */
export const scaledObject = (names: Names, queue: Queue): object => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledObject",
  metadata: { name: names.worker, labels: labelsOf(names, "worker") },
  spec: {
    scaleTargetRef: { name: names.worker },
    minReplicaCount: 0,
    maxReplicaCount: 20,
    pollingInterval: 10,
    cooldownPeriod: 300,
    advanced: {
      scalingModifiers: { formula: "waiting + running", target: String(JOBS), metricType: "AverageValue" },
      horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 300 } } },
    },
    triggers: [list(names, queue, "waiting", "wait"), list(names, queue, "running", "active")],
  },
});

function list(names: Names, queue: Queue, name: string, suffix: string): object {
  return {
    type: "redis",
    name,
    metadata: {
      address: `${queue.host}:${queue.port}`,
      listName: `${queue.key}:${suffix}`,
      listLength: String(JOBS),
      activationListLength: "0",
      enableTLS: String(queue.isTls),
      databaseIndex: String(queue.database),
    },
    authenticationRef: { name: names.worker },
  };
}

export const triggerAuthentication = (names: Names): object => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "TriggerAuthentication",
  metadata: { name: names.worker, labels: labelsOf(names, "worker") },
  spec: { secretTargetRef: [{ parameter: "password", name: names.secret, key: SECRET_KEYS.redisPassword }] },
});
