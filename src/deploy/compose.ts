import { shellWord } from "../core/formats/shell.ts";
import { type DockerOptions, docker, SOURCE_CONTEXT } from "./docker.ts";
import { imageName, resourceName } from "./names.ts";
import { Folder, HEALTH_CHECK, heading, PORT, secretCommand, TOKENS_FILE, USER } from "./service.ts";
import { comment, composeValue, yaml } from "./text.ts";
import type { DeployModel, Deployment } from "./types.ts";

/** The version that this program is tested with. */
export const MLFLOW_VERSION = "3.17.2";
const MLFLOW_PORT = 5000;
const MLFLOW_USER = 10_002;

export interface ComposeOptions extends Omit<DockerOptions, "modelIn"> {
  /** Base image of MLflow's own image. */
  readonly pythonImage: string;
  readonly postgresImage: string;
  /** Address of the project's own store, where the model is in that one. */
  readonly store?: string;
}

/** The service with an MLflow server and its Postgres, for one machine. */
export function compose(model: DeployModel, options: ComposeOptions): Deployment {
  const image = docker(model, { ...options, modelIn: "registry" });
  const dockerFiles = image.files.map((file) => ({ ...file, path: `disease/${file.path}` }));
  return {
    files: [
      { path: "compose.yaml", content: composeFile(model, options) },
      { path: "mlflow/Dockerfile", content: mlflowDockerfile(options.pythonImage) },
      { path: "mlflow/.dockerignore", content: "*\n" },
      { path: ".gitignore", content: "secrets/\n" },
      ...dockerFiles,
    ],
    next: [
      "# secrets are files that no image and no environment holds",
      ...Object.values(SECRETS).map((name) => secretCommand(`secrets/${name}`)),
      `export DISEASE_SOURCE=${shellWord(options.source)}`,
      "docker compose up --build --detach --wait db mlflow",
      ...(options.store === undefined
        ? [`# copy the model to the registry at http://127.0.0.1:${MLFLOW_PORT}: disease track copy FROM TO`]
        : [
            "# the model's experiment and versions go to that registry",
            `disease track copy ${shellWord(options.store)} http://127.0.0.1:${MLFLOW_PORT}`,
          ]),
      "docker compose up --build --detach --wait",
    ],
    notices: image.notices,
  };
}

/** Names of the secrets, which are files' names too. */
const SECRETS = { database: "db_password", tokens: "disease_tokens" } as const;

function composeFile(model: DeployModel, options: ComposeOptions): string {
  const hardened = {
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    init: true,
    restart: "unless-stopped",
    logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "5" } },
  };
  const limits = (cpus: string, memory: string, pids: number): object => ({
    resources: { limits: { cpus, memory, pids } },
  });
  return yaml(
    {
      name: resourceName(model.name),
      services: {
        disease: {
          image: composeValue(options.image ?? imageName(model)),
          build: {
            context: "./disease",
            additional_contexts: {
              [SOURCE_CONTEXT]: `\${DISEASE_SOURCE:?the folder of a checkout of disease, for the build}`,
            },
          },
          environment: { MLFLOW_TRACKING_URI: `http://mlflow:${MLFLOW_PORT}` },
          secrets: [{ source: SECRETS.tokens, target: TOKENS_FILE }],
          ports: [{ target: PORT, published: String(PORT), host_ip: "127.0.0.1", protocol: "tcp" }],
          volumes: [
            { type: "volume", source: "predictions", target: Folder.project },
            { type: "volume", source: "cache", target: Folder.cache },
          ],
          tmpfs: ["/tmp:mode=1777,size=64m"],
          networks: ["front", "back"],
          depends_on: { mlflow: { condition: "service_healthy" } },
          healthcheck: {
            test: ["CMD", ...HEALTH_CHECK.map(composeValue)],
            interval: "10s",
            timeout: "3s",
            retries: 3,
            start_period: "30s",
          },
          stop_grace_period: "60s",
          user: `${USER}:${USER}`,
          ...hardened,
          deploy: limits("2.0", "512M", 128),
        },
        mlflow: {
          build: { context: "./mlflow" },
          // the password is put together in the process, so that neither `ps` nor `docker inspect` shows it
          command: ["sh", "-euc", composeValue(MLFLOW_START)],
          environment: {
            MLFLOW_SERVER_ALLOWED_HOSTS: `mlflow:${MLFLOW_PORT},localhost:${MLFLOW_PORT},127.0.0.1:${MLFLOW_PORT}`,
            MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
            HOME: "/tmp",
          },
          secrets: [SECRETS.database],
          ports: [{ target: MLFLOW_PORT, published: String(MLFLOW_PORT), host_ip: "127.0.0.1", protocol: "tcp" }],
          volumes: [{ type: "volume", source: "artifacts", target: "/mlartifacts" }],
          tmpfs: ["/tmp:mode=1777,size=256m"],
          networks: ["front", "back"],
          depends_on: { db: { condition: "service_healthy" } },
          healthcheck: {
            test: [
              "CMD",
              "python",
              "-c",
              `import urllib.request; urllib.request.urlopen("http://127.0.0.1:${MLFLOW_PORT}/health", timeout=2)`,
            ],
            interval: "10s",
            timeout: "3s",
            retries: 6,
            start_period: "120s",
          },
          user: `${MLFLOW_USER}:${MLFLOW_USER}`,
          ...hardened,
          deploy: limits("2.0", "2G", 256),
        },
        db: {
          image: composeValue(options.postgresImage),
          environment: {
            POSTGRES_USER: "mlflow",
            POSTGRES_DB: "mlflow",
            POSTGRES_PASSWORD_FILE: `/run/secrets/${SECRETS.database}`,
            POSTGRES_INITDB_ARGS: "--auth-host=scram-sha-256 --data-checksums",
          },
          secrets: [SECRETS.database],
          volumes: [{ type: "volume", source: "database", target: "/var/lib/postgresql/data" }],
          tmpfs: ["/tmp", "/run/postgresql"],
          networks: ["back"],
          healthcheck: {
            test: ["CMD", "pg_isready", "--username", "mlflow", "--dbname", "mlflow"],
            interval: "5s",
            timeout: "3s",
            retries: 10,
            start_period: "30s",
          },
          stop_grace_period: "60s",
          shm_size: "128m",
          ...hardened,
          // the entry point gives the new volume to its own user, and then becomes that user
          cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
          deploy: limits("2.0", "1G", 256),
        },
      },
      // nothing on `back` reaches the outside; who publishes a port needs `front` too
      networks: { front: {}, back: { internal: true } },
      volumes: { predictions: {}, cache: {}, artifacts: {}, database: {} },
      secrets: Object.fromEntries(Object.values(SECRETS).map((name) => [name, { file: `./secrets/${name}` }])),
    },
    heading(model, "compose"),
  );
}

/** What starts MLflow, in a shell. */
const MLFLOW_START = `export MLFLOW_BACKEND_STORE_URI="postgresql+psycopg2://mlflow:$(cat /run/secrets/${SECRETS.database})@db:5432/mlflow"
exec mlflow server --host 0.0.0.0 --port ${MLFLOW_PORT} --workers 2 --serve-artifacts --artifacts-destination /mlartifacts`;

function mlflowDockerfile(pythonImage: string): string {
  return `${comment(["MLflow with the driver for Postgres, which MLflow's own image lacks. Pin the base image by its digest."])}ARG PYTHON_IMAGE=${pythonImage}
FROM \${PYTHON_IMAGE}
RUN pip install --no-cache-dir mlflow==${MLFLOW_VERSION} psycopg2-binary==2.9.13 \\
    && install -d -o ${MLFLOW_USER} -g ${MLFLOW_USER} /mlartifacts
USER ${MLFLOW_USER}:${MLFLOW_USER}
EXPOSE ${MLFLOW_PORT}
CMD ["mlflow", "server", "--help"]
`;
}
