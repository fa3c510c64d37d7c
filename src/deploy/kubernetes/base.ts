import { Folder, PORT, serveCommand } from "../service.ts";
import { labelsOf, type Names, partOf, SECRET_KEYS, selectorOf } from "./names.ts";
import { containerSecurity, podSecurity, scratch, secretVariable, spread, trackingToken } from "./pod.ts";

/** Objects of the service, by the file that they are in. */

/** Placeholder that kustomize replaces by the image of an overlay. */
export const IMAGE = "disease";

/** Folder of the tokens' file. */
const TOKENS = "/run/secrets/disease";

export const deployment = (names: Names): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  spec: {
    // no replicas: the autoscaler says how many
    revisionHistoryLimit: 5,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: selectorOf(names, "service") },
    template: {
      metadata: { labels: labelsOf(names, "service") },
      spec: {
        serviceAccountName: names.app,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 60,
        securityContext: podSecurity,
        topologySpreadConstraints: spread(selectorOf(names, "service")),
        containers: [
          {
            name: "disease",
            image: IMAGE,
            imagePullPolicy: "IfNotPresent",
            // kubelet puts the address in once: what is in it is not looked at again
            command: [...serveCommand("$(MODEL_ADDRESS)")],
            envFrom: [{ configMapRef: { name: names.config } }],
            env: [
              { name: "DISEASE_SERVE_TOKENS_FILE", value: `${TOKENS}/${SECRET_KEYS.tokens}` },
              // not ready, but answering, until everyone has heard that the pod goes
              { name: "DISEASE_SERVE_DRAIN_DELAY", value: "5" },
              secretVariable("DISEASE_PROJECT_KEY", names, SECRET_KEYS.projectKey, false),
              trackingToken(names),
            ],
            ports: [{ name: "http", containerPort: PORT, protocol: "TCP" }],
            startupProbe: probe("/ping", { periodSeconds: 1, failureThreshold: 120 }),
            readinessProbe: probe("/health", { periodSeconds: 5, failureThreshold: 2 }),
            livenessProbe: probe("/version", { periodSeconds: 10, failureThreshold: 6 }),
            resources: {
              requests: { cpu: "250m", memory: "256Mi", "ephemeral-storage": "64Mi" },
              limits: { memory: "512Mi", "ephemeral-storage": "3Gi" },
            },
            securityContext: containerSecurity,
            volumeMounts: [
              ...scratch.mounts,
              { name: "predictions", mountPath: Folder.project },
              { name: "tokens", mountPath: TOKENS, readOnly: true },
            ],
          },
        ],
        volumes: [
          ...scratch.volumes,
          { name: "predictions", persistentVolumeClaim: { claimName: names.predictions } },
          {
            name: "tokens",
            secret: {
              secretName: names.secret,
              defaultMode: 0o440,
              items: [{ key: SECRET_KEYS.tokens, path: SECRET_KEYS.tokens }],
            },
          },
        ],
      },
    },
  },
});

function probe(path: string, often: { periodSeconds: number; failureThreshold: number }): object {
  return { httpGet: { path, port: "http" }, timeoutSeconds: 2, ...often };
}

export const serviceAccount = (names: Names): object => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  automountServiceAccountToken: false,
});

export const service = (names: Names): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  spec: {
    type: "ClusterIP",
    selector: selectorOf(names, "service"),
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
  },
});

/** All pods append to files of their own in one folder. */
export const claim = (names: Names): object => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: names.predictions, labels: labelsOf(names, "service") },
  spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "10Gi" } } },
});

export const autoscaler = (names: Names): object => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: names.app },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
    behavior: {
      scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] },
    },
  },
});

export const disruptionBudget = (names: Names): object => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  spec: {
    // not minAvailable: with one replica that would block every drain
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: selectorOf(names, "service") },
  },
});

export const serviceMonitor = (names: Names): object => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  spec: {
    selector: { matchLabels: selectorOf(names, "service") },
    endpoints: [{ port: "http", path: "/metrics", interval: "15s", scrapeTimeout: "5s" }],
  },
});

/** Where pods may connect to. */
export interface Destination {
  /** Host and port of an address, e.g. of the tracking server. */
  readonly host: string;
  readonly port: number;
}

/** Name service, which every other connection needs. */
const nameService = {
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** A host of the cluster is reached in its namespace only; what an outside name stands for, a policy cannot know. */
export function egressTo({ host, port }: Destination): object {
  const namespace = /^[a-z0-9-]+\.([a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?$/.exec(host)?.[1];
  const isInCluster = /\.svc(\.|$)/.test(host) && namespace !== undefined;
  const to = isInCluster ? [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }] : [];
  return { ...(to.length > 0 && { to }), ports: [{ protocol: "TCP", port }] };
}

/** No pod of the model is reached or reaches anything, but for what `allowPolicy` adds. */
export const denyPolicy = (names: Names): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: `${names.app}-default-deny`, labels: labelsOf(names, "service") },
  spec: { podSelector: { matchLabels: partOf(names) }, policyTypes: ["Ingress", "Egress"] },
});

/** Clients of the same namespace and of those that are labelled for it; Prometheus; the tracking server. */
export const allowPolicy = (names: Names, tracking: Destination): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: names.app, labels: labelsOf(names, "service") },
  spec: {
    podSelector: { matchLabels: selectorOf(names, "service") },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      {
        from: [
          { podSelector: {} },
          { namespaceSelector: { matchLabels: { [CLIENTS]: "allowed" } } },
          { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } },
        ],
        ports: [{ protocol: "TCP", port: "http" }],
      },
    ],
    egress: [nameService, egressTo(tracking)],
  },
});

/** Label of namespaces whose pods may call the service. */
export const CLIENTS = "disease/clients";

export const workerPolicy = (names: Names, destinations: readonly Destination[]): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: names.worker, labels: labelsOf(names, "worker") },
  spec: {
    podSelector: { matchLabels: selectorOf(names, "worker") },
    policyTypes: ["Ingress", "Egress"],
    egress: [nameService, ...destinations.map(egressTo)],
  },
});
