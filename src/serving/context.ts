import type { FastifyInstance } from "fastify";
import type { PatientCase } from "../core/cases.ts";
import type { Frame } from "../core/dataset.ts";
import type { CaseDisease, PredictionLog, ServedCases, ServedModel, ServedTable } from "../core/serving/serving.ts";
import type { AbstentionSettings } from "./clinical/abstention.ts";

/** What the routes of the service work with. */

/** A model that is not disposed of before it is given back; `using lease = context.current()`. */
export interface Lease extends Disposable {
  readonly model: ServedModel;
}

/** A bearer token, of which only the hash is kept. */
export interface Token {
  /** SHA-256 */
  readonly digest: Buffer;
  /** Milliseconds since the epoch; null: never */
  readonly expires: number | null;
}

export interface ServeSettings {
  /** None: everyone who reaches the port may ask. */
  readonly tokens: readonly Token[];
  /** What answers without a token where there are tokens: /ping, /health and /version; /metrics. */
  readonly open: { readonly health: boolean; readonly metrics: boolean };
  /** Origins that browsers may call from; "*" all. */
  readonly corsOrigins: readonly string[];
  /** Bytes of a body. */
  readonly bodyLimit: number;
  /** Of one request of a table model. */
  readonly maxRows: number;
  readonly maxColumns: number;
  /** Requests a second of one client (its token, else its address), and how many at once; null: no limit. */
  readonly rate: { readonly perSecond: number; readonly burst: number } | null;
  /** Connections at once. */
  readonly connections: number;
  /** Requests in hand, and milliseconds that the event loop may lag, above which new ones are refused with 503. */
  readonly pressure: { readonly inFlight: number; readonly lag: number };
  /** Milliseconds until headers, or a whole request, must have come. */
  readonly timeouts: { readonly headers: number; readonly request: number };
  /** When the clinical answer names no disease. */
  readonly abstain: AbstentionSettings;
}

interface Answered {
  /** Id of the request. */
  readonly request: string;
  /** `prediction_id`; that of row i is `rowId(id, rows, i)`. */
  readonly id: string;
}

export interface TableAnswers extends Answered {
  readonly kind: "table";
  readonly model: ServedTable;
  readonly frame: Frame;
  /** [frame.rows × classes] */
  readonly proba: Float32Array;
  /** [frame.rows] keys as the client gave them: hashed before they are kept. */
  readonly patients?: readonly (string | null)[];
  /** [frame.rows] */
  readonly abstained?: readonly boolean[];
}

export interface CaseAnswer extends Answered {
  readonly kind: "cases";
  readonly model: ServedCases;
  readonly one: PatientCase;
  readonly ranking: readonly CaseDisease[];
  readonly patient?: string | null;
  readonly abstained?: boolean;
}

/** Prediction id of one row of a request. */
export const rowId = (id: string, rows: number, row: number): string => (rows === 1 ? id : `${id}:${row}`);

export interface ServeContext {
  readonly settings: ServeSettings;
  /** Null where predictions are not kept. */
  readonly log: PredictionLog | null;
  /** The model in use, kept until the lease is disposed of. @throws Refusal 503 while there is none */
  current(): Lease;
  /**
   * Takes note of an answer: counts, prediction log, shadow model. Returns at once; the work is done after the answer is sent, and
   * is dropped (and counted) where it cannot keep up.
   */
  answered(answer: TableAnswers | CaseAnswer): void;
  /** False once the service drains: nobody should send it more. */
  isReady(): boolean;
  /** False once it takes no more requests. */
  isAnswering(): boolean;
}

/** Adds routes to the service. */
export type Routes = (app: FastifyInstance, context: ServeContext) => void;

/** Who may call a route where there are tokens; "token" when a route says nothing. */
export type Access = "token" | "open" | "health" | "metrics";

declare module "fastify" {
  interface FastifyContextConfig {
    readonly access?: Access;
  }
}
