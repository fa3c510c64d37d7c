import { type ImageRef, imageName, parseImage } from "../names.ts";
import { heading, knowledgeNotice, secretCommand } from "../service.ts";
import { yaml } from "../text.ts";
import type { DeployFile, DeployModel, Deployment } from "../types.ts";
import {
  allowPolicy,
  autoscaler,
  claim,
  type Destination,
  denyPolicy,
  deployment,
  disruptionBudget,
  IMAGE,
  service,
  serviceAccount,
  serviceMonitor,
  workerPolicy,
} from "./base.ts";
import { type Names, namesOf, partOf, SECRET_KEYS } from "./names.ts";
import { type Queue, scaledObject, triggerAuthentication, workerDeployment } from "./workers.ts";

export interface KubernetesOptions {
  /** The image as the cluster pulls it. */
  readonly image?: ImageRef;
  /** Overlays get the namespaces NAME-staging and NAME-production; the model's name when absent. */
  readonly namespace?: string;
  /** Whether the overlays hold their namespaces. */
  readonly createNamespace: boolean;
  /** Address of the tracking server, as pods see it; without credentials. */
  readonly tracking: string;
  /** Adds workers for it. */
  readonly queue?: Queue;
}

/** Which version an overlay serves, and how wide. */
const OVERLAYS = [
  { stage: "staging", alias: "challenger", replicas: [1, 2] },
  { stage: "production", alias: "champion", replicas: [2, 10] },
] as const;

/** A kustomize base and two overlays. */
export function kubernetes(model: DeployModel, options: KubernetesOptions): Deployment {
  const names = namesOf(model);
  const head = heading(model, "kubernetes");
  const image = options.image ?? parseImage(imageName(model))!;
  const base = baseFiles(names, options);
  const spaces = OVERLAYS.map(({ stage }) => `${options.namespace ?? names.app}-${stage}`);
  return {
    files: [
      ...Object.entries(base).map(
        ([path, value]): DeployFile => ({ path: `base/${path}`, content: yaml(value, head) }),
      ),
      { path: ".gitignore", content: "secrets/\n" },
      { path: "base/kustomization.yaml", content: yaml(baseKustomization(names, Object.keys(base), options), head) },
      ...OVERLAYS.flatMap((overlay, i) => overlayFiles(model, names, image, overlay, spaces[i]!, options, head)),
    ],
    next: [
      `# the secret is yours: it is in none of these files; with ${SECRET_KEYS.trackingToken} in it pods show that token to MLflow`,
      secretCommand(`secrets/${SECRET_KEYS.projectKey}`),
      secretCommand(`secrets/${SECRET_KEYS.tokens}`),
      ...(options.queue ? [`# put the password of Redis into secrets/${SECRET_KEYS.redisPassword}`] : []),
      ...spaces.flatMap((space) => secretCommands(names, space, options)),
      ...OVERLAYS.map(({ stage }) => `kubectl apply --kustomize overlays/${stage}`),
      ...spaces.map((space) => `kubectl --namespace ${space} rollout status deployment/${names.app}`),
    ],
    notices: [
      ...(image.digest === undefined
        ? [`the image is named by its tag: after the push, give its digest with --image ${image.name}@sha256:…`]
        : []),
      ...knowledgeNotice(model),
    ],
  };
}

/** Commands that make the secret of one overlay; nobody sees what is in it. */
function secretCommands(names: Names, space: string, { createNamespace, queue }: KubernetesOptions): string[] {
  const create = `kubectl create namespace ${space} --dry-run=client --output yaml | kubectl apply --filename -`;
  const keys = [SECRET_KEYS.projectKey, SECRET_KEYS.tokens, ...(queue ? [SECRET_KEYS.redisPassword] : [])];
  const files = keys.map((key) => `--from-file=${key}=secrets/${key}`);
  return [
    ...(createNamespace ? [create] : []),
    `kubectl --namespace ${space} create secret generic ${names.secret} ${files.join(" ")}`,
  ];
}

function baseFiles(names: Names, { tracking, queue }: KubernetesOptions): Record<string, unknown> {
  const destination = destinationOf(tracking);
  return {
    "serviceaccount.yaml": serviceAccount(names),
    "deployment.yaml": deployment(names),
    "service.yaml": service(names),
    "predictions.yaml": claim(names),
    "autoscaler.yaml": autoscaler(names),
    "disruption-budget.yaml": disruptionBudget(names),
    "network-deny.yaml": denyPolicy(names),
    "network-allow.yaml": allowPolicy(names, destination),
    "servicemonitor.yaml": serviceMonitor(names),
    ...(queue && {
      "worker.yaml": workerDeployment(names),
      "worker-network.yaml": workerPolicy(names, [destination, queue]),
      "worker-scaler.yaml": scaledObject(names, queue),
      "worker-scaler-password.yaml": triggerAuthentication(names),
    }),
  };
}

function baseKustomization(names: Names, resources: readonly string[], { tracking, queue }: KubernetesOptions): object {
  const literals = [`MLFLOW_TRACKING_URI=${tracking}`, ...(queue ? [`QUEUE_ADDRESS=${queue.url}`] : [])];
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [...resources],
    // its name gets a hash of what it says, so that a change rolls the pods
    configMapGenerator: [{ name: names.config, literals, options: { labels: partOf(names) } }],
  };
}

function overlayFiles(
  model: DeployModel,
  names: Names,
  image: ImageRef,
  { stage, alias, replicas: [minReplicas, maxReplicas] }: (typeof OVERLAYS)[number],
  namespace: string,
  { createNamespace }: KubernetesOptions,
  head: readonly string[],
): DeployFile[] {
  const folder = `overlays/${stage}`;
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    namespace,
    resources: [...(createNamespace ? ["namespace.yaml"] : []), "../../base"],
    images: [
      {
        name: IMAGE,
        newName: image.name,
        ...(image.tag !== undefined && image.digest === undefined && { newTag: image.tag }),
        ...(image.digest !== undefined && { digest: image.digest }),
      },
    ],
    configMapGenerator: [
      { name: names.config, behavior: "merge", literals: [`MODEL_ADDRESS=models:/${model.name}@${alias}`] },
    ],
    labels: [{ pairs: { "disease/stage": stage }, includeTemplates: true }],
    patches: [{ path: "autoscaler.yaml" }],
  };
  const scale = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: names.app },
    spec: { minReplicas, maxReplicas },
  };
  const space = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      },
    },
  };
  return [
    { path: `${folder}/kustomization.yaml`, content: yaml(kustomization, head) },
    { path: `${folder}/autoscaler.yaml`, content: yaml(scale, head) },
    ...(createNamespace ? [{ path: `${folder}/namespace.yaml`, content: yaml(space, head) }] : []),
  ];
}

/** Where a URL leads. @throws TypeError when it is none */
export function destinationOf(url: string): Destination {
  const { protocol, hostname, port } = new URL(url);
  const usual: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "redis:": 6379, "rediss:": 6379 };
  return { host: hostname, port: port === "" ? (usual[protocol] ?? 443) : Number(port) };
}
