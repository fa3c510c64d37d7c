import { Flags } from "@oclif/core";
import type { Deployed } from "../../app.ts";
import { DeployCommand } from "../../cli/deploy/command.ts";

export default class DeployKubernetes extends DeployCommand {
  static override summary =
    "Write Kubernetes manifests: a kustomize base, and overlays for staging (@challenger) and production (@champion).";
  static override description =
    `The image is that of disease deploy docker. --workers adds workers that take trials from a Redis queue, and KEDA's scaler for them.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> models:/skin@champion --tracking-server http://mlflow.mlflow.svc:5000 --image registry.example.org/skin@sha256:…",
    "<%= config.bin %> <%= command.id %> models:/skin@champion --workers rediss://redis.queues.svc:6379",
  ];
  static override args = DeployCommand.deployArgs;
  static override flags = {
    ...DeployCommand.deployFlags,
    image: Flags.string({
      description: "Image as the cluster pulls it, best with its digest; named as by deploy docker when absent",
      env: "DISEASE_IMAGE",
      helpValue: "NAME@DIGEST",
    }),
    namespace: Flags.string({
      description:
        "Begin of the overlays' namespaces, NAME-staging and NAME-production; of the model's name when absent",
      env: "DISEASE_NAMESPACE",
      helpValue: "NAME",
    }),
    "create-namespace": Flags.boolean({
      description: "Let the overlays hold their namespaces",
      env: "DISEASE_CREATE_NAMESPACE",
      default: true,
      allowNo: true,
    }),
    "tracking-server": Flags.string({
      description: "MLflow server as pods reach it; the project's own when absent",
      env: "DISEASE_TRACKING_SERVER",
      helpValue: "URL",
    }),
    workers: Flags.string({
      description: "Add workers for the trials of this queue: redis://HOST:PORT, or rediss:// with TLS",
      env: "DISEASE_WORKERS",
      helpValue: "URL",
    }),
    queue: Flags.string({
      description: "Name of the queue that --workers take trials from",
      env: "DISEASE_QUEUE_NAME",
      default: "disease",
    }),
  };

  async run(): Promise<Deployed> {
    const { args, flags } = await this.parse(DeployKubernetes);
    return await this.write(args.model, flags, {
      target: "kubernetes",
      image: flags.image,
      namespace: flags.namespace,
      createNamespace: flags["create-namespace"],
      trackingServer: flags["tracking-server"],
      workers: flags.workers,
      queue: flags.queue,
    });
  }
}
