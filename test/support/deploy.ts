import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { azureml } from "../../src/deploy/azureml.ts";
import { compose } from "../../src/deploy/compose.ts";
import { docker } from "../../src/deploy/docker.ts";
import { kubernetes } from "../../src/deploy/kubernetes/write.ts";
import { sagemaker } from "../../src/deploy/sagemaker.ts";
import type { DeployFile, DeployModel, Deployment } from "../../src/deploy/types.ts";

/** A name with what shells, YAML, Dockerfiles, compose and Kubernetes act on. */
export const HOSTILE = `it's $(touch pwned) $\{HOME} \`id\` "q" \\ #{x}: - yes\t* & !tag %d [a] 🩺`;

/** A registered version, without a registry. */
export function version(name = "skin"): DeployModel {
  return {
    address: `models:/${name}@champion`,
    name,
    version: "3",
    runId: "0123456789abcdef0123456789abcdef",
    hash: "ab".repeat(32),
    family: "xgboost",
    kind: "table",
    files: { "model/model.json": new TextEncoder().encode('{"family":"xgboost"}\n') },
    request: '{"dataframe_split": {"columns": ["itching"], "data": [[1]]}}',
  };
}

const DIGEST = `sha256:${"0".repeat(63)}1`;

/** What every target writes for a version, with all that can be chosen. */
export function everyDeployment(model: DeployModel): Readonly<Record<string, Deployment>> {
  const source = "/src/disease";
  const nodeImage = `node:24-bookworm-slim@${DIGEST}`;
  return {
    docker: docker(model, { modelIn: "registry", nodeImage, source }),
    "docker with the model": docker(model, { modelIn: "image", nodeImage, source }),
    compose: compose(model, {
      nodeImage,
      pythonImage: "python:3.12-slim-bookworm",
      postgresImage: "postgres:17-bookworm",
      source,
      store: "sqlite:///mlruns/mlflow.db",
    }),
    kubernetes: kubernetes(model, {
      createNamespace: true,
      tracking: "http://mlflow.mlflow.svc:5000",
      image: { name: "registry.example.org/skin", digest: DIGEST },
      queue: {
        url: "rediss://redis.queues.svc:6380/2",
        host: "redis.queues.svc",
        port: 6380,
        database: 2,
        isTls: true,
        key: "bull:disease",
      },
    }),
    sagemaker: sagemaker(model, model.request!),
    azureml: azureml(model, model.request!),
  };
}

/** Text of one file. */
export function textOf({ files }: Deployment, path: string): string {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no ${path} among ${files.map((one) => one.path).join(", ")}`);
  return Buffer.from(file.content).toString();
}

/** A temporary folder with files; removed when the scope ends. */
export function laidOut(files: readonly DeployFile[]): Disposable & { readonly root: string } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "disease-deploy-")));
  for (const { path, content, isExecutable } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: isExecutable ? 0o755 : 0o644 });
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** Instructions of a Dockerfile in order, without comments, continued lines joined. */
export function instructions(text: string): readonly { readonly name: string; readonly rest: string }[] {
  const joined = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ");
  return joined
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, name, rest] = /^(\S+)\s+(.*)$/.exec(line)!;
      return { name: name!, rest: rest! };
    });
}
