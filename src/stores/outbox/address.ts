import { createHash } from "node:crypto";
import { join } from "node:path";

/** The address of a server without what is secret in it. */
export function shownAddress(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1").replace(/[?#].*$/, "");
}

/** Whether an address holds a user, a password or a query, which may be a secret. */
export function hasCredentials(uri: string): boolean {
  return shownAddress(uri) !== uri;
}

/** The outbox of a store's folder for a server: its state, and the lock of the process that sends. */
export function outboxFiles(folder: string, uri: string): { state: string; lock: string } {
  const shown = shownAddress(uri).replace(/\/+$/, "");
  const name = shown
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/[^A-Za-z0-9.-]+/g, "-")
    .slice(0, 40);
  const base = join(folder, "outbox", `${name}-${createHash("sha256").update(shown).digest("hex").slice(0, 8)}`);
  return { state: `${base}.db`, lock: `${base}.lock` };
}

/** Takes secrets out of a text: credentials within addresses, and the values of the environment that hold one. */
export function withoutSecrets(text: string, env: NodeJS.ProcessEnv): string {
  const secrets = Object.entries(env)
    .filter(([name, value]) => /TOKEN|PASSWORD|SECRET|API_KEY/i.test(name) && (value ?? "").length >= 4)
    .map(([, value]) => value!);
  const cleared = text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1");
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), cleared);
}

/** Whether a tracking URI is that of a server: MLflow's or GitLab's, Databricks, Azure ML, SageMaker. */
export function isServer(uri: string): boolean {
  return /^(https?:\/\/|azureml:\/\/|arn:aws[a-z-]*:sagemaker:)/.test(uri) || /^databricks(:\/\/.*)?$/.test(uri);
}
