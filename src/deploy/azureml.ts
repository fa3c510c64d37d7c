import { shellWord } from "../core/formats/shell.ts";
import { resourceName } from "./names.ts";
import { actAsked, RUN_OR_PRINT, requestFile } from "./script.ts";
import { heading } from "./service.ts";
import { comment, yaml } from "./text.ts";
import type { DeployFile, DeployModel, Deployment } from "./types.ts";

/** Azure's names end at 32 characters. */
const LONGEST = 32;
const SCHEMAS = "https://azuremlschemas.azureedge.net/latest";

/** The MLflow model on a managed online endpoint of Azure Machine Learning, without code of one's own. @param request body for /invocations */
export function azureml(model: DeployModel, request: string): Deployment {
  const name = resourceName(model.name, LONGEST);
  const deployment = `version-${model.version}`;
  const tags = { model: model.name, version: model.version, hash: model.hash };
  const head = heading(model, "azureml");
  const file = (path: string, value: object): DeployFile => ({
    path,
    content: yaml(value, head),
  });
  return {
    files: [
      file("model.yml", {
        $schema: `${SCHEMAS}/model.schema.json`,
        name,
        version: model.version,
        type: "mlflow_model",
        path: "./model",
        tags,
      }),
      file("endpoint.yml", {
        $schema: `${SCHEMAS}/managedOnlineEndpoint.schema.json`,
        name,
        auth_mode: "key",
        tags: { model: model.name },
      }),
      file("deployment.yml", {
        $schema: `${SCHEMAS}/managedOnlineDeployment.schema.json`,
        name: deployment,
        endpoint_name: name,
        model: `azureml:${name}:${model.version}`,
        instance_type: "Standard_DS3_v2",
        instance_count: 2,
        request_settings: { request_timeout_ms: 10_000, max_concurrent_requests_per_instance: 4 },
        liveness_probe: { initial_delay: 30, period: 10, timeout: 2, failure_threshold: 6 },
        readiness_probe: { initial_delay: 10, period: 10, timeout: 2, failure_threshold: 30 },
        tags,
      }),
      { path: "deploy.sh", content: script(model, name, deployment), isExecutable: true },
      requestFile(request),
    ],
    next: [
      "az extension add --name ml && az login  # once",
      "export RESOURCE_GROUP=… WORKSPACE=…",
      "./deploy.sh --dry-run  # prints the commands and runs none",
      "./deploy.sh create",
      "./deploy.sh test",
      "./deploy.sh traffic  # all requests to this version; the one before stays until it is deleted",
    ],
    notices: [],
  };
}

function script(model: DeployModel, name: string, deployment: string): string {
  return `#!/usr/bin/env bash
${comment([
  ...heading(model, "azureml"),
  "",
  "Usage: deploy.sh [--dry-run] create|update|test|traffic|delete",
  "--dry-run prints the commands, and Azure is not asked for anything.",
  "create: fetches the model's files, registers them in the workspace, makes the endpoint (when there is none) and a deployment of this version;",
  "update: changes that deployment after deployment.yml; test: one made-up patient; traffic: all requests to this version;",
  "delete: this deployment alone (ENDPOINT=yes: the endpoint with all of them).",
  "MLflow finds the registry by MLFLOW_TRACKING_URI, and az is signed in; neither's secrets are in this file.",
])}set -euo pipefail
cd "$(dirname "$0")"

model_uri=${shellWord(`models:/${model.name}/${model.version}`)}
name=${name}
deployment=${deployment}

${actAsked("create, update, test, traffic or delete")}
if [[ $dry_run == yes ]]; then
  where=(--resource-group "\${RESOURCE_GROUP:-RESOURCE_GROUP}" --workspace-name "\${WORKSPACE:-WORKSPACE}")
else
  where=(--resource-group "\${RESOURCE_GROUP:?}" --workspace-name "\${WORKSPACE:?}")
fi

${RUN_OR_PRINT}

create() {
  run rm -rf ./model
  run mlflow artifacts download --artifact-uri "$model_uri" --dst-path ./model
  run az ml model create --file model.yml "\${where[@]}"
  if [[ $dry_run == yes ]] || ! az ml online-endpoint show --name "$name" "\${where[@]}" >/dev/null 2>&1; then
    run az ml online-endpoint create --file endpoint.yml "\${where[@]}"
  fi
  run az ml online-deployment create --file deployment.yml "\${where[@]}"
}

case $act in
  create) create ;;
  update) run az ml online-deployment update --file deployment.yml "\${where[@]}" ;;
  test)
    run az ml online-endpoint invoke --name "$name" --deployment-name "$deployment" --request-file request.json "\${where[@]}"
    ;;
  traffic) run az ml online-endpoint update --name "$name" --traffic "$deployment=100" "\${where[@]}" ;;
  delete)
    if [[ \${ENDPOINT:-no} == yes ]]; then
      run az ml online-endpoint delete --name "$name" --yes "\${where[@]}"
    else
      run az ml online-deployment delete --name "$deployment" --endpoint-name "$name" --yes "\${where[@]}"
    fi
    ;;
  all)
    create
    run az ml online-endpoint invoke --name "$name" --deployment-name "$deployment" --request-file request.json "\${where[@]}"
    run az ml online-endpoint update --name "$name" --traffic "$deployment=100" "\${where[@]}"
    ;;
  *)
    echo "unknown act: $act" >&2
    exit 2
    ;;
esac
`;
}
