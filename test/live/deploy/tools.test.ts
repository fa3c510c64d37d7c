/** What is written, read by the tools that operations use: hadolint, ShellCheck, kubectl, the schemas of compose, Kubernetes and Azure ML. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { everyDeployment, HOSTILE, laidOut, version } from "../../support/deploy.ts";
import { venvPython } from "../../support/venv.ts";

const checks = join(import.meta.dirname, "..", "..", "fixtures", "deploy");
let python: string;
beforeAll(async () => {
  python = await venvPython("deploy");
});

/** Runs a tool of the environment to its end; its output, when it exits 0. */
function tool(command: string, args: readonly string[], options: { cwd: string; input?: string }): string {
  const result = spawnSync(join(dirname(python), command), args, { ...options, encoding: "utf8", maxBuffer: 1 << 26 });
  if (result.status !== 0)
    throw new Error(
      `${command} ended with ${result.status}: ${result.error?.message ?? ""}${result.stdout}${result.stderr}`,
    );
  return result.stdout;
}

describe.each(["skin", HOSTILE])("of a model named %j", (name) => {
  const all = everyDeployment(version(name));

  test.each([
    ["docker", "Dockerfile"],
    ["docker with the model", "Dockerfile"],
    ["compose", "disease/Dockerfile"],
    ["compose", "mlflow/Dockerfile"],
  ])("hadolint has nothing to say of %s, %s", (target, path) => {
    using folder = laidOut(all[target]!.files);
    expect(tool("hadolint", ["--failure-threshold", "info", path], { cwd: folder.root })).toBe("");
  });

  test("the compose file is one by the schema of the Compose Specification", () => {
    using folder = laidOut(all.compose!.files);
    tool("check-jsonschema", ["--builtin-schema", "vendor.compose-spec", "compose.yaml"], { cwd: folder.root });
  });

  test.each(["staging", "production"])(
    "kustomize makes %s of it, and Kubernetes' schemas take every object",
    (stage) => {
      using folder = laidOut(all.kubernetes!.files);
      const built = tool("kubectl", ["kustomize", `overlays/${stage}`], { cwd: folder.root });
      const report = tool("kubernetes-validate", ["--strict", "-k", "1.37", "--no-warn", "-"], {
        cwd: folder.root,
        input: built,
      });
      const custom = tool("python", [join(checks, "check_custom.py")], { cwd: folder.root, input: built });
      const objects = parseAllDocuments(built).map((one) => one.toJS());
      const taken = [...report.matchAll(/passed for resource/g), ...custom.matchAll(/^\S+ \S+$/gm)];
      expect(taken).toHaveLength(objects.length);
      const config = objects.find(({ kind }) => kind === "ConfigMap");
      expect(config.data).toMatchObject({
        MODEL_ADDRESS: `models:/${name}@${stage === "staging" ? "challenger" : "champion"}`,
        MLFLOW_TRACKING_URI: "http://mlflow.mlflow.svc:5000",
      });
      const pods = objects.filter(({ kind }) => kind === "Deployment");
      for (const { spec } of pods) {
        const [container] = spec.template.spec.containers;
        expect(container.envFrom).toEqual([{ configMapRef: { name: config.metadata.name } }]);
        expect(container.image).toMatch(/^registry\.example\.org\/skin@sha256:[0-9a-f]{64}$/);
      }
      const scaler = objects.find(({ kind }) => kind === "HorizontalPodAutoscaler");
      expect(scaler.spec.minReplicas).toBe(stage === "staging" ? 1 : 2);
      expect(scaler.spec.scaleTargetRef.name).toBe(pods[0].metadata.name);
      for (const { kind, metadata } of objects)
        expect(kind === "Namespace" ? metadata.name : metadata.namespace).toMatch(new RegExp(`-${stage}$`));
    },
  );

  test.each(["sagemaker", "azureml"])(
    "ShellCheck finds no fault in the script for %s, and it runs nothing of a name",
    (target) => {
      using folder = laidOut(all[target]!.files);
      tool("shellcheck", ["--severity", "warning", "deploy.sh"], { cwd: folder.root });
      const rehearsed = spawnSync("bash", ["deploy.sh", "--dry-run"], { cwd: folder.root, encoding: "utf8", env: {} });
      expect(rehearsed.status).toBe(0);
      const listed = spawnSync("ls", ["-A"], { cwd: folder.root, encoding: "utf8" }).stdout.trim().split("\n");
      expect(listed.sort()).toEqual([...new Set(all[target]!.files.map(({ path }) => path.split("/")[0]))].sort());
    },
  );

  test("MLflow's own command line takes the commands for both clouds, and its SageMaker client every key", async () => {
    const given = ["sagemaker", "azureml"].flatMap((target) => commandsOf(target, all[target]!.files));
    const lines = given.filter((words) => words.includes("mlflow"));
    const reference = await venvPython("reference");
    const result = spawnSync(reference, [join(checks, "check_mlflow.py")], {
      input: lines.map((words) => `${JSON.stringify(words)}\n`).join(""),
      encoding: "utf8",
    });
    expect(result.stderr.split("\n").filter((line) => /Error/.test(line))).toEqual([]);
    const options = result.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(options).toHaveLength(lines.length);
    const uri = `models:/${name}/3`;
    expect(options).toContainEqual(
      expect.objectContaining({ target: "sagemaker:/us-east-1", model_uri: uri, flavor: "python_function" }),
    );
    expect(options).toContainEqual(expect.objectContaining({ artifact_uri: uri }));
  });

  test("Azure's own SDK reads model, endpoint and deployment", () => {
    using folder = laidOut([...all.azureml!.files, { path: "model/MLmodel", content: "" }]);
    const read = parse(tool("python", [join(checks, "check_azure.py"), folder.root], { cwd: folder.root }));
    const [own] = read.model;
    expect(own).toMatch(/^[a-z][a-z0-9-]{2,31}$/);
    expect(read).toEqual({
      model: [own, "3", "mlflow_model", name],
      endpoint: [own, "key"],
      deployment: ["version-3", own, `${own}:3`, 2],
    });
  });
});

/** Words of the commands that a script would run, as a shell splits them. */
function commandsOf(target: string, files: Parameters<typeof laidOut>[0]): string[][] {
  using folder = laidOut(files);
  const acts = target === "sagemaker" ? ["image", "create", "update", "delete"] : ["create"];
  return acts.flatMap((act) => {
    const { stderr, status } = spawnSync("bash", ["deploy.sh", "--dry-run", act], {
      cwd: folder.root,
      encoding: "utf8",
      env: { BUCKET: "models", VPC_CONFIG: '{"Subnets": ["subnet-1"]}' },
    });
    expect(status).toBe(0);
    return stderr
      .split("\n")
      .filter((line) => line.startsWith("+ "))
      .map((line) => {
        const { stdout } = spawnSync("bash", ["-c", `printf '%s\\0' ${line.slice(2)}`], { encoding: "utf8" });
        return stdout.split("\0").slice(0, -1);
      });
  });
}
