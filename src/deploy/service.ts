import type { DeployModel } from "./types.ts";

/** How the service is started and where it keeps things: the same in every deployment. */

export const PORT = 8080;
/** No user of the base image; Kubernetes wants a number to see that it is not root. */
export const USER = 10_001;

/** Folders in the image. */
export const Folder = {
  app: "/app",
  engines: "/opt/disease/engines",
  /** Of the project: the prediction log is written here. */
  project: "/var/lib/disease",
  /** The served model's copy, for when the registry is away. */
  cache: "/var/cache/disease",
} as const;

/** Where the service looks for its bearer tokens; it does not start without. */
export const TOKENS_FILE = "/run/secrets/disease_tokens";

/** Environment of the image. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  NODE_ENV: "production",
  DISEASE_SERVE_HOST: "0.0.0.0",
  DISEASE_PORT: String(PORT),
  DISEASE_SERVE_TOKENS_FILE: TOKENS_FILE,
  DISEASE_ENGINES: Folder.engines,
  DISEASE_CACHE: Folder.cache,
  DISEASE_PROJECT: Folder.project,
};

export const PROGRAM: readonly string[] = ["node", "bin/run.js"];

/** Command that serves a model; all the rest is in the environment. */
export const serveCommand = (address: string): readonly string[] => [...PROGRAM, "serve", address];

/** Exits 0 while the service answers: the image has no curl. */
export const HEALTH_CHECK: readonly string[] = [
  "node",
  "-e",
  'fetch("http://127.0.0.1:" + process.env.DISEASE_PORT + "/ping").then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))',
];

/** What a deployment is of, for comments. */
export function heading(model: DeployModel, command: string): string[] {
  return [
    `${model.address}: version ${model.version}, ${model.family}, files ${model.hash.slice(0, 12)}.`,
    `Written by \`disease deploy ${command}\`, which does not overwrite changes by hand unless --force is given.`,
  ];
}

/** An image is named by its digest, or what is built tomorrow is another. */
export function pinNotice(nodeImage: string): string[] {
  if (nodeImage.includes("@sha256:")) return [];
  return [
    `the base image is not pinned: \`docker buildx imagetools inspect ${nodeImage}\` prints its digest; give it with --node-image ${nodeImage}@sha256:…`,
  ];
}

/** What a model of cases needs besides its files. */
export function knowledgeNotice({ kind }: DeployModel): string[] {
  if (kind === "table") return [];
  return [
    `the model ranks by a knowledge base: mount the one that it was trained with at ${Folder.project}/data/knowledge (disease serve says which when it is another)`,
  ];
}

/** Makes a file with one secret, unless it is there: readable in the container, in a folder that is the operator's alone. */
export function secretCommand(path: string): string {
  return `[ -s ${path} ] || (umask 077 && mkdir -p "$(dirname ${path})" && openssl rand -hex 32 | tr -d '\\n' > ${path} && chmod 444 ${path})`;
}
