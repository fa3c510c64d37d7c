import { posix } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { egressTo } from "../../src/deploy/kubernetes/base.ts";
import { everyDeployment, HOSTILE, textOf, version } from "../support/deploy.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: the schemas of Kubernetes are checked by its own in test/live/deploy
  readonly spec: any;
}

interface Kustomization {
  readonly resources: string[];
  readonly namespace?: string;
  readonly patches?: { path: string }[];
  readonly configMapGenerator: { name: string; literals: string[] }[];
}

const deployment = everyDeployment(version()).kubernetes!;
const read = (path: string): Manifest => parse(textOf(deployment, path));
const kustomization = (path: string): Kustomization => parse(textOf(deployment, path));
const base = kustomization("base/kustomization.yaml").resources.map((path) => read(`base/${path}`));
const ofKind = (kind: string): Manifest[] => base.filter((one) => one.kind === kind);
const labelsMatch = (selector: Record<string, string>, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

test("the kustomizations name every file that is written, and no other", () => {
  const written = deployment.files
    .map(({ path }) => path)
    .filter((path) => !/^\.gitignore$|kustomization\.yaml$/.test(path));
  const named = ["base", "overlays/staging", "overlays/production"].flatMap((folder) => {
    const { resources, patches = [] } = kustomization(`${folder}/kustomization.yaml`);
    return [...resources, ...patches.map(({ path }) => path)].map((path) => posix.join(folder, path));
  });
  expect(named.filter((path) => path !== "base").sort()).toEqual(written.sort());
});

test("every name that an object refers to is there", () => {
  const pods = ofKind("Deployment").map(({ spec }) => spec.template);
  expect(pods).toHaveLength(2);
  const configs = kustomization("base/kustomization.yaml").configMapGenerator.map(({ name }) => name);
  for (const { spec } of pods) {
    expect(ofKind("ServiceAccount").map((one) => one.metadata.name)).toContain(spec.serviceAccountName);
    for (const { persistentVolumeClaim } of spec.volumes)
      if (persistentVolumeClaim)
        expect(ofKind("PersistentVolumeClaim").map((one) => one.metadata.name)).toContain(
          persistentVolumeClaim.claimName,
        );
    for (const { volumeMounts, envFrom } of spec.containers) {
      for (const { name } of volumeMounts)
        expect(spec.volumes.map((one: { name: string }) => one.name)).toContain(name);
      for (const { configMapRef } of envFrom) expect(configs).toContain(configMapRef.name);
    }
  }
  const targets = ofKind("Deployment").map((one) => one.metadata.name);
  for (const { spec } of [...ofKind("HorizontalPodAutoscaler"), ...ofKind("ScaledObject")])
    expect(targets).toContain(spec.scaleTargetRef.name);
  const authentications = ofKind("TriggerAuthentication").map((one) => one.metadata.name);
  for (const { spec } of ofKind("ScaledObject"))
    for (const { authenticationRef } of spec.triggers) expect(authentications).toContain(authenticationRef.name);
});

test("every selector finds what it is meant for, and service and workers are told apart", () => {
  const pods: Record<string, string>[] = ofKind("Deployment").map(({ spec }) => spec.template.metadata.labels);
  for (const { spec } of ofKind("Deployment"))
    expect(pods.filter((labels) => labelsMatch(spec.selector.matchLabels, labels))).toHaveLength(1);
  for (const { spec } of ofKind("Service"))
    expect(pods.filter((labels) => labelsMatch(spec.selector, labels))).toHaveLength(1);
  for (const { spec } of ofKind("PodDisruptionBudget"))
    expect(pods.filter((labels) => labelsMatch(spec.selector.matchLabels, labels))).toHaveLength(1);
  for (const { spec } of ofKind("ServiceMonitor"))
    expect(ofKind("Service").filter((one) => labelsMatch(spec.selector.matchLabels, one.metadata.labels))).toHaveLength(
      1,
    );
  const policies = ofKind("NetworkPolicy").map(
    ({ spec }) => pods.filter((labels) => labelsMatch(spec.podSelector.matchLabels, labels)).length,
  );
  expect(policies).toEqual([2, 1, 1]); // all are denied, then each kind is allowed its own
});

test("ports are named alike in pod, service, probes and monitor", () => {
  const [container] = ofKind("Deployment")[0]!.spec.template.spec.containers;
  const ports = container.ports.map((one: { name: string }) => one.name);
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
    expect(ports).toContain(container[probe].httpGet.port);
  for (const { targetPort } of ofKind("Service")[0]!.spec.ports) expect(ports).toContain(targetPort);
  const service = ofKind("Service")[0]!.spec.ports.map((one: { name: string }) => one.name);
  for (const { port } of ofKind("ServiceMonitor")[0]!.spec.endpoints) expect(service).toContain(port);
});

test("pods keep the restricted Pod Security Standard", () => {
  for (const { spec } of ofKind("Deployment")) {
    const pod = spec.template.spec;
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.automountServiceAccountToken).toBe(false);
    for (const volume of pod.volumes)
      expect(["emptyDir", "persistentVolumeClaim", "secret"]).toContain(
        Object.keys(volume).find((key) => key !== "name"),
      );
    for (const { securityContext, resources } of pod.containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(resources.limits.memory).toBeDefined();
    }
  }
});

test("staging serves the challenger and production the champion, in namespaces of their own", () => {
  const overlay = (stage: string) => kustomization(`overlays/${stage}/kustomization.yaml`);
  expect(overlay("staging").configMapGenerator[0]!.literals).toEqual(["MODEL_ADDRESS=models:/skin@challenger"]);
  expect(overlay("production").configMapGenerator[0]!.literals).toEqual(["MODEL_ADDRESS=models:/skin@champion"]);
  expect(overlay("staging").namespace).toBe("disease-skin-staging");
  expect(overlay("production").namespace).toBe("disease-skin-production");
});

test("a worker counts waiting and running trials, with the queue's password from the secret", () => {
  const { spec } = ofKind("ScaledObject")[0]!;
  expect(spec.advanced.scalingModifiers.formula).toBe(
    spec.triggers.map((one: { name: string }) => one.name).join(" + "),
  );
  expect(spec.triggers.map((one: { metadata: object }) => one.metadata)).toMatchObject([
    { address: "redis.queues.svc:6380", listName: "bull:disease:wait", enableTLS: "true", databaseIndex: "2" },
    { address: "redis.queues.svc:6380", listName: "bull:disease:active", enableTLS: "true", databaseIndex: "2" },
  ]);
});

test("pods reach a server of the cluster in its namespace alone, and an outside one by its port", () => {
  expect(egressTo({ host: "mlflow.tracking.svc.cluster.local", port: 5000 })).toEqual({
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "tracking" } } }],
    ports: [{ protocol: "TCP", port: 5000 }],
  });
  expect(egressTo({ host: "mlflow.example.org", port: 443 })).toEqual({ ports: [{ protocol: "TCP", port: 443 }] });
});

test("a hostile name is a value of the configuration and of nothing else", () => {
  const hostile = everyDeployment(version(HOSTILE)).kubernetes!;
  for (const { path } of hostile.files) {
    const text = textOf(hostile, path);
    expect(parse(text, { version: "1.1" }), path).toEqual(parse(text, { version: "1.2" }));
    const told = JSON.stringify(parse(text)).split(JSON.stringify(HOSTILE).slice(1, -1)).length - 1;
    expect(told, path).toBe(/^overlays\/\w+\/kustomization\.yaml$/.test(path) ? 1 : 0);
  }
});
