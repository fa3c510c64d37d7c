import { shellWord } from "../core/formats/shell.ts";
import { imageName } from "./names.ts";
import {
  ENVIRONMENT,
  Folder,
  HEALTH_CHECK,
  heading,
  knowledgeNotice,
  PORT,
  pinNotice,
  secretCommand,
  serveCommand,
  TOKENS_FILE,
  USER,
} from "./service.ts";
import { comment, dockerValue } from "./text.ts";
import type { DeployFile, DeployModel, Deployment } from "./types.ts";

/** Named context of `docker build` that holds a checkout of this program. */
export const SOURCE_CONTEXT = "disease";

export interface DockerOptions {
  /** Whether the model's files are in the image, or come from the registry at start. */
  readonly modelIn: "image" | "registry";
  /** Base image, best with its digest. */
  readonly nodeImage: string;
  /** Name of the image; made of the model's when absent. */
  readonly image?: string;
  /** A checkout of this program, for the command that is printed. */
  readonly source: string;
}

/** What of the checkout is built, and what of the result runs. */
const BUILT_FROM = ["bin", "data", "experiments", "packages", "scripts", "src"];
const RUNS = ["bin", "data", "dist", "node_modules"];

/** The model in an image that holds it, from the program's folder. */
const MODEL = "served";

export function docker(model: DeployModel, options: DockerOptions): Deployment {
  const image = options.image ?? imageName(model);
  const isIn = options.modelIn === "image";
  const names = isIn ? Object.keys(model.files).sort() : [];
  const build = ["docker", "build", "--build-context", `${SOURCE_CONTEXT}=${options.source}`, "--tag", image, "."];
  const run = [
    "docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges",
    `--publish 127.0.0.1:${PORT}:${PORT} --mount type=bind,source="$PWD"/secrets/tokens,target=${TOKENS_FILE},readonly`,
    `--volume disease-project:${Folder.project} --volume disease-cache:${Folder.cache}`,
    ...(isIn ? [] : ["--env MLFLOW_TRACKING_URI"]),
    image,
  ];
  return {
    files: [
      { path: "Dockerfile", content: dockerfile(model, options) },
      { path: ".dockerignore", content: ignored(isIn) },
      { path: ".gitignore", content: "secrets/\n" },
      ...names.map((name): DeployFile => ({ path: `${MODEL}/${name}`, content: model.files[name]! })),
    ],
    next: [
      build.map(shellWord).join(" "),
      "# a token for clients; the folder is for you alone, the file is read by the user of the container",
      secretCommand("secrets/tokens"),
      ...(isIn ? [] : ["# export MLFLOW_TRACKING_URI=https://…  # where the container finds the registry"]),
      run.join(" "),
    ],
    notices: [...pinNotice(options.nodeImage), ...knowledgeNotice(model)],
  };
}

function dockerfile(model: DeployModel, options: Pick<DockerOptions, "modelIn" | "nodeImage">): string {
  const isIn = options.modelIn === "image";
  const labels: Readonly<Record<string, string>> = {
    "org.opencontainers.image.title": `disease serve ${model.name}`,
    "org.opencontainers.image.description": "Predicts a patient's disease over REST",
    "org.opencontainers.image.licenses": "Apache-2.0",
    // an image that asks the registry serves whatever version the alias has at the time
    ...(isIn && {
      "org.opencontainers.image.version": model.version,
      "disease.model.run": model.runId ?? "",
      "disease.model.hash": model.hash,
    }),
    "disease.model.name": model.name,
    "disease.model.address": model.address,
  };
  const address = isIn ? MODEL : model.address;
  const json = (words: readonly string[]): string => `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
  // a named context is no stage of the file, which hadolint does not know
  return `# hadolint global ignore=DL3022
${comment([
  ...heading(model, "docker"),
  "",
  `Build it with BuildKit (Docker 23 or newer), the checkout of disease as a named context: docker build --build-context ${SOURCE_CONTEXT}=DIR .`,
  "Pin the base image: --build-arg NODE_IMAGE=NAME:TAG@sha256:DIGEST, by the digest that your own registry has for it.",
])}ARG NODE_IMAGE=${options.nodeImage}

FROM \${NODE_IMAGE} AS build
WORKDIR ${Folder.app}
# pip downloads the native engines, whose SHA-256 the program checks; nothing of this stage's system goes into the image
# hadolint ignore=DL3008
RUN apt-get update \\
    && apt-get install -y --no-install-recommends python3 python3-pip \\
    && rm -rf /var/lib/apt/lists/*
COPY --from=${SOURCE_CONTEXT} package.json package-lock.json tsconfig.json NOTICE LICENSE ./
${BUILT_FROM.map((folder) => `COPY --from=${SOURCE_CONTEXT} ${folder} ./${folder}`).join("\n")}
ENV DISEASE_ENGINES=${Folder.engines}
# doctor ends the build where an engine is missing; the packaged Node is left out, the base image has one
RUN npm ci --no-audit --no-fund \\
    && node bin/run.js doctor \\
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \\
    && rm -rf node_modules/.bin node_modules/node-* node_modules/mlflow-js-client

FROM \${NODE_IMAGE}
LABEL ${Object.entries(labels)
    .map(([key, value]) => `${key}=${dockerValue(value)}`)
    .join(" \\\n      ")}
WORKDIR ${Folder.app}
RUN install -d -o ${USER} -g ${USER} ${Folder.project} ${Folder.cache}
COPY --from=build ${Folder.engines} ${Folder.engines}
COPY --from=build ${["package.json", "oclif.manifest.json", "NOTICE", "LICENSE"].map((name) => `${Folder.app}/${name}`).join(" ")} ./
${RUNS.map((folder) => `COPY --from=build ${Folder.app}/${folder} ./${folder}`).join("\n")}
${isIn ? `COPY ${MODEL} ./${MODEL}\n` : ""}# of the tokens only the path
# hadolint ignore=DL3064
ENV ${Object.entries(ENVIRONMENT)
    .map(([key, value]) => `${key}=${value}`)
    .join(" \\\n    ")}
USER ${USER}:${USER}
EXPOSE ${PORT}
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ${json(HEALTH_CHECK)}
CMD ${json(serveCommand(address))}
`;
}

/** Nothing but the model is sent to the builder. */
function ignored(isIn: boolean): string {
  return isIn ? `*\n!${MODEL}\n` : "*\n";
}
