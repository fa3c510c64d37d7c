import { shellWord } from "../core/formats/shell.ts";
import { resourceName } from "./names.ts";
import { actAsked, RUN_OR_PRINT, requestFile } from "./script.ts";
import { heading } from "./service.ts";
import { comment } from "./text.ts";
import type { DeployModel, Deployment } from "./types.ts";

/**
 * MLflow's own container on SageMaker, by MLflow's commands.
 * @param request body for /invocations: a made-up patient
 */
export function sagemaker(model: DeployModel, request: string): Deployment {
  return {
    files: [{ path: "deploy.sh", content: script(model), isExecutable: true }, requestFile(request)],
    next: [
      "pip install 'mlflow[extras]' boto3  # and the AWS command line, signed in",
      "export EXECUTION_ROLE_ARN=arn:aws:iam::ACCOUNT:role/ROLE REGION=eu-west-1",
      "./deploy.sh --dry-run  # prints the commands and runs none",
      "./deploy.sh image  # once for each version of MLflow: builds its image and pushes it (needs Docker)",
      "./deploy.sh create",
      "./deploy.sh test",
    ],
    notices: [],
  };
}

function script(model: DeployModel): string {
  const uri = `models:/${model.name}/${model.version}`;
  return `#!/usr/bin/env bash
${comment([
  ...heading(model, "sagemaker"),
  "",
  "Usage: deploy.sh [--dry-run] image|create|update|test|delete",
  "--dry-run prints the commands, and neither AWS nor Docker is asked for anything.",
  "The version is fixed, since SageMaker copies its files: after a promotion write this again and run `deploy.sh update`.",
  "MLflow finds the registry by MLFLOW_TRACKING_URI, and AWS its credentials in its own way; neither is in this file.",
])}set -euo pipefail
cd "$(dirname "$0")"

model_uri=${shellWord(uri)}
name=\${APP_NAME:-${resourceName(model.name)}}
region=\${REGION:-us-east-1}
instance_type=\${INSTANCE_TYPE:-ml.m5.large}
instance_count=\${INSTANCE_COUNT:-2}
image=\${IMAGE:-mlflow-pyfunc}
timeout_seconds=\${TIMEOUT_SECONDS:-1800}

${actAsked("image, create, update, test or delete")}

${RUN_OR_PRINT}

# the image's address as MLflow names it when it pushes: ACCOUNT.dkr.ecr.REGION.amazonaws.com/IMAGE:VERSION-OF-MLFLOW
image_url() {
  if [[ -n \${IMAGE_URL:-} ]]; then
    printf '%s' "$IMAGE_URL"
  elif [[ $dry_run == yes ]]; then
    printf 'ACCOUNT.dkr.ecr.%s.amazonaws.com/%s:VERSION' "$region" "$image"
  else
    local account version
    account=$(aws sts get-caller-identity --query Account --output text)
    version=$(mlflow --version)
    printf '%s.dkr.ecr.%s.amazonaws.com/%s:%s' "$account" "$region" "$image" "\${version##* }"
  fi
}

# an endpoint runs as this role: it may read the model's bucket and the image, no more
role() {
  if [[ $dry_run == yes ]]; then
    printf '%s' "\${EXECUTION_ROLE_ARN:-arn:aws:iam::ACCOUNT:role/ROLE}"
  else
    printf '%s' "\${EXECUTION_ROLE_ARN:?the ARN of the role that the endpoint runs as}"
  fi
}

build_image() {
  run env AWS_DEFAULT_REGION="$region" mlflow sagemaker build-and-push-container --build --push --container "$image"
}

deploy() { # create or update
  local url execution_role more=()
  url=$(image_url)
  execution_role=$(role)
  if [[ -n \${BUCKET:-} ]]; then more+=(-C "bucket=$BUCKET"); fi
  if [[ -n \${VPC_CONFIG:-} ]]; then more+=(-C "vpc_config=$VPC_CONFIG"); fi
  run mlflow deployments "$1" --target "sagemaker:/$region" --name "$name" --model-uri "$model_uri" --flavor python_function \\
    -C "execution_role_arn=$execution_role" -C "image_url=$url" -C "region_name=$region" \\
    -C "instance_type=$instance_type" -C "instance_count=$instance_count" \\
    -C "timeout_seconds=$timeout_seconds" \${more[@]+"\${more[@]}"}
}

test_endpoint() {
  run aws sagemaker-runtime invoke-endpoint --region "$region" --endpoint-name "$name" \\
    --content-type application/json --body fileb://request.json /dev/stdout
}

delete() {
  run mlflow deployments delete --target "sagemaker:/$region" --name "$name" -C "region_name=$region"
}

case $act in
  image) build_image ;;
  create) deploy create ;;
  update) deploy update ;;
  test) test_endpoint ;;
  delete) delete ;;
  all)
    build_image
    deploy create
    test_endpoint
    ;;
  *)
    echo "unknown act: $act" >&2
    exit 2
    ;;
esac
`;
}
