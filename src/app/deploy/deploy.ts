import { join, relative, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { shellWord } from "../../core/formats/shell.ts";
import { azureml } from "../../deploy/azureml.ts";
import { compose } from "../../deploy/compose.ts";
import { docker } from "../../deploy/docker.ts";
import type { Queue } from "../../deploy/kubernetes/workers.ts";
import { destinationOf, kubernetes } from "../../deploy/kubernetes/write.ts";
import { parseImage, resourceName } from "../../deploy/names.ts";
import { sagemaker } from "../../deploy/sagemaker.ts";
import type { DeployModel, Deployment } from "../../deploy/types.ts";
import { hasCredentials, isServer } from "../../stores/outbox/address.ts";
import { type Project, programRoot, storeUri } from "../project.ts";
import { deployModel } from "./model.ts";
import { type Written, writeDeployment } from "./write.ts";

/** Where a model is to run, with what can be chosen there. */
export type DeployTarget =
  | {
      readonly target: "docker";
      readonly modelIn: "image" | "registry";
      readonly nodeImage: string;
      readonly image?: string;
    }
  | {
      readonly target: "compose";
      readonly nodeImage: string;
      readonly pythonImage: string;
      readonly postgresImage: string;
      readonly image?: string;
    }
  | {
      readonly target: "kubernetes";
      readonly image?: string;
      readonly namespace?: string;
      readonly createNamespace: boolean;
      /** Of the tracking server as pods see it; the project's when absent. */
      readonly trackingServer?: string;
      /** Address of the queue whose trials workers take. */
      readonly workers?: string;
      readonly queue: string;
    }
  | { readonly target: "sagemaker" }
  | { readonly target: "azureml" };

export interface DeployOptions {
  /** models:/NAME@champion or models:/NAME/VERSION */
  readonly address: string;
  /** From the current folder; deploy/TARGET/NAME of the project when absent. */
  readonly out?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface Deployed {
  readonly target: DeployTarget["target"];
  readonly model: Pick<DeployModel, "address" | "name" | "version" | "hash">;
  /** From the current folder. */
  readonly folder: string;
  readonly files: readonly Written[];
  readonly isWritten: boolean;
  readonly next: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Writes what operations need to run a registered model somewhere. The same version and options give the same bytes.
 * @throws UserError when there is no such version, an option does not fit, or files would be overwritten
 */
export async function deploy(
  project: Project,
  target: DeployTarget,
  { address, out, force, dryRun }: DeployOptions,
  notify: (notice: { readonly message: string }) => void,
): Promise<Deployed> {
  const model = await deployModel(project, address, notify);
  const { files, next, notices } = deploymentOf(project, target, model);
  const folder =
    out === undefined ? join(project.root, "deploy", target.target, resourceName(model.name)) : resolve(out);
  const states = writeDeployment(folder, files, { force, dryRun });
  const shown = relative(process.cwd(), folder) || ".";
  return {
    target: target.target,
    model: { address: model.address, name: model.name, version: model.version, hash: model.hash },
    folder: shown.startsWith("..") ? folder : shown,
    files: states,
    isWritten: !dryRun,
    next: [`cd ${shellWord(shown.startsWith("..") ? folder : shown)}`, ...next],
    notices,
  };
}

function deploymentOf(project: Project, target: DeployTarget, model: DeployModel): Deployment {
  switch (target.target) {
    case "docker":
      checkImages({ "--node-image": target.nodeImage, "--image": target.image });
      return docker(model, { ...target, source: programRoot() });
    case "compose":
      checkImages({
        "--node-image": target.nodeImage,
        "--python-image": target.pythonImage,
        "--postgres-image": target.postgresImage,
        "--image": target.image,
      });
      return compose(model, {
        ...target,
        source: programRoot(),
        ...(project.server === undefined && { store: storeUri(project) }),
      });
    case "kubernetes": {
      const { createNamespace, namespace } = target;
      if (namespace !== undefined && !/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/.test(namespace)) {
        throw new UserError("not the name of a namespace", {
          where: `--namespace ${namespace}`,
          fix: "Use at most 52 of a–z, 0–9 and -; the overlays add -staging and -production.",
        });
      }
      return kubernetes(model, {
        image: target.image === undefined ? undefined : imageOf("--image", target.image),
        namespace,
        createNamespace,
        tracking: trackingOf(project, target.trackingServer),
        queue: target.workers === undefined ? undefined : queueOf(target.workers, target.queue),
      });
    }
    case "sagemaker":
      return sagemaker(model, requestOf(model));
    case "azureml":
      return azureml(model, requestOf(model));
  }
}

/** @throws UserError when one of the images that are named has no version */
function checkImages(images: Readonly<Record<`--${string}`, string | undefined>>): void {
  for (const [flag, image] of Object.entries(images)) if (image !== undefined) imageOf(flag, image);
}

function imageOf(flag: string, text: string): NonNullable<ReturnType<typeof parseImage>> {
  const image = parseImage(text);
  const where = `${flag} ${text}`;
  if (image === undefined) {
    throw new UserError("not the name of an image", {
      where,
      fix: "Write NAME:TAG, NAME@sha256:… or NAME:TAG@sha256:…",
    });
  }
  if (image.digest === undefined && (image.tag === undefined || image.tag === "latest")) {
    throw new UserError("an image without a version is another one tomorrow", {
      where,
      fix: "Name its tag, best with its digest: NAME:TAG@sha256:…",
    });
  }
  return image;
}

/** @throws UserError where there is no address, or it holds a password */
function trackingOf(project: Project, given: string | undefined): string {
  const uri = given ?? project.server;
  const fix = "Give the address that pods reach it by: --tracking-server http://mlflow.mlflow.svc:5000";
  if (uri === undefined) {
    throw new UserError("pods take the model from a tracking server, and the project has none", {
      where: project.root,
      fix,
    });
  }
  if (!isServer(uri) || !/^https?:/.test(uri)) {
    throw new UserError("not the address of an MLflow server", { where: `--tracking-server`, fix });
  }
  if (hasCredentials(uri)) {
    throw new UserError("the address holds credentials, and these files are shared", {
      where: "--tracking-server",
      fix: "Leave them out: pods take MLFLOW_TRACKING_TOKEN from the secret.",
    });
  }
  return uri;
}

function queueOf(url: string, name: string): Queue {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    parsed = new URL("none:");
  }
  const database = /^\/?(\d*)$/.exec(parsed.pathname)?.[1];
  if (!/^rediss?:$/.test(parsed.protocol) || parsed.hostname === "" || database === undefined || parsed.search !== "") {
    throw new UserError("not the address of a Redis queue", {
      where: "--workers",
      fix: "Write redis://HOST:PORT or rediss://HOST:PORT (TLS), with /DATABASE behind it where it is not 0.",
    });
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new UserError("the address holds credentials, and these files are shared", {
      where: "--workers",
      fix: "Leave them out: workers and KEDA take the password from the secret.",
    });
  }
  const { host, port } = destinationOf(url);
  return {
    url,
    host,
    port,
    database: Number(database || 0),
    isTls: parsed.protocol === "rediss:",
    key: `bull:${name}`,
  };
}

function requestOf(model: DeployModel): string {
  if (model.request !== null) return model.request;
  throw new UserError("the version is not packaged for MLflow, which this target serves it with", {
    where: model.address,
    fix:
      model.kind === "cases"
        ? "Models that rank rare diseases need disease serve: deploy docker, compose or kubernetes."
        : "Run the trial again, `disease models package RUN`, and register that run.",
  });
}
