import type { Backend } from "./backend.ts";
import type { CallOptions } from "./http/http.ts";
import { type JsonObject, textOf } from "./json.ts";

export interface ServerInfo {
  /** "SqlStore", "FileStore"; "" where the server does not say (before MLflow 3.9, and other back ends). */
  readonly storeType: string;
  readonly multipartUploads: boolean;
  readonly raw: JsonObject;
}

export interface ServerApi {
  /** Whether the server answers its /health, at once and without retries. */
  isHealthy(options?: CallOptions): Promise<boolean>;
  /** "3.17.2" */
  version(options?: CallOptions): Promise<string>;
  info(options?: CallOptions): Promise<ServerInfo>;
}

export function serverApi({ http }: Backend): ServerApi {
  return {
    async isHealthy(options) {
      try {
        (await http.open({ method: "GET", path: "/health", timeout: 5000, ...options })).resume();
        return true;
      } catch {
        return false;
      }
    },
    async version(options) {
      return (await http.text({ method: "GET", path: "/version", ...options })).trim();
    },
    async info(options) {
      const raw = await http.json({ method: "GET", path: "/api/3.0/mlflow/server-info", ...options });
      return {
        storeType: textOf(raw.store_type),
        multipartUploads: raw.multipart_uploads_enabled === true,
        raw,
      };
    },
  };
}
