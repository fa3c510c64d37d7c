import type { ModelIdentity } from "../../core/serving/serving.ts";
import type { DoorOptions, LimitOptions } from "./settings.ts";

export interface ServeOptions extends DoorOptions, LimitOptions {
  /** models:/NAME@ALIAS, runs:/ID/model, a folder. */
  readonly address: string;
  /** 0: any that is free */
  readonly port: number;
  /** "@challenger", or an address as the model's. */
  readonly shadow?: string;
  /** Seconds between looks at the alias; 0: never. */
  readonly watch: number;
  /** Whether predictions are kept. */
  readonly log: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** Folder of the knowledge base. */
  readonly knowledge?: string;
  /** File that says which codes are which column. */
  readonly mapping?: string;
  /** Seconds: not ready, but answering, before the service stops; and until requests in hand are cut off. */
  readonly drain: { readonly delay: number; readonly most: number };
  /** Where the log goes, JSON lines. */
  readonly logTo: { write(line: string): void };
  notify(notice: { readonly message: string }): void;
}

export interface Serving {
  /** http://HOST:PORT */
  readonly url: string;
  readonly model: ModelIdentity;
  /** Ends it: no longer ready, requests in hand are answered, the log is written. The same promise when called again. */
  stop(): Promise<void>;
}
