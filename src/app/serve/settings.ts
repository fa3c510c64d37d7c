/** What the operator says of the service, checked before anything is opened. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { messageOf, UserError } from "../../core/errors.ts";
import type { AbstentionSettings } from "../../serving/clinical/abstention.ts";
import type { ServeSettings } from "../../serving/context.ts";
import { parseTokens } from "../../serving/http/tokens.ts";
import type { TlsFiles } from "../../serving/server.ts";

export interface DoorOptions {
  readonly host: string;
  /** Tokens as DISEASE_SERVE_TOKENS has them, and the path of a file with such. */
  readonly tokens?: string;
  readonly tokensFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Whose certificates clients must show. */
  readonly tlsCa?: string;
  /** Whether everyone who reaches an address other than the loopback may ask. */
  readonly allowAnonymous: boolean;
  /** Routes that ask for a token too. */
  readonly guard: readonly ("health" | "metrics")[];
}

export interface LimitOptions {
  readonly bodyLimit: number;
  readonly maxRows: number;
  /** Requests a second of a client; 0: no limit. */
  readonly rate: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Seconds */
  readonly requestTimeout: number;
  readonly corsOrigins: readonly string[];
  readonly abstain: AbstentionSettings;
}

/** Seconds within which the headers must have come. */
const HEADERS = 10;
/** Milliseconds that the event loop may be behind. */
const LAG = 1000;
/** Columns of one request, spare ones too. */
const COLUMNS = 20_000;

/**
 * @throws UserError for tokens or files that cannot be used, and for an address that others reach without tokens or certificates
 */
export function doorsOf(options: DoorOptions): Pick<ServeSettings, "tokens" | "open"> & { readonly tls?: TlsFiles } {
  const { host, tokens = "", tokensFile, guard } = options;
  const known = [
    ...parseTokens(tokens, "DISEASE_SERVE_TOKENS"),
    ...(tokensFile === undefined ? [] : parseTokens(fileText(tokensFile), tokensFile)),
  ];
  if (tokensFile !== undefined && known.length === 0) {
    throw new UserError("there is no token in the file", { where: tokensFile });
  }
  const tls = tlsOf(options);
  if (!isLoopback(host) && known.length === 0 && tls?.ca === undefined && !options.allowAnonymous) {
    throw new UserError(`anyone who reaches ${host} could ask the model`, {
      fix: [
        "Set DISEASE_SERVE_TOKENS, or give --tokens-file or --tls-ca;",
        "or leave --host away: 127.0.0.1 is for this machine alone;",
        "or say --allow-anonymous where something before the service lets in the right ones only.",
      ],
    });
  }
  return {
    tokens: known,
    open: { health: !guard.includes("health"), metrics: !guard.includes("metrics") },
    ...(tls && { tls }),
  };
}

export function limitsOf(options: LimitOptions): Omit<ServeSettings, "tokens" | "open"> {
  const { rate, requestTimeout, inFlight, abstain } = options;
  for (const origin of options.corsOrigins) {
    if (origin !== "*" && !URL.canParse(origin)) {
      throw new UserError("no origin of a page", {
        where: `--cors-origin ${origin}`,
        fix: "Write https://HOST[:PORT].",
      });
    }
  }
  return {
    bodyLimit: options.bodyLimit,
    maxRows: options.maxRows,
    maxColumns: COLUMNS,
    corsOrigins: options.corsOrigins.map((origin) => (origin === "*" ? origin : new URL(origin).origin)),
    rate: rate === 0 ? null : { perSecond: rate, burst: Math.max(1, Math.ceil(2 * rate)) },
    connections: options.connections,
    pressure: { inFlight, lag: LAG },
    timeouts: { headers: 1000 * Math.min(HEADERS, requestTimeout), request: 1000 * requestTimeout },
    abstain,
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function tlsOf({ tlsCert, tlsKey, tlsCa }: DoorOptions): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UserError("TLS needs a certificate and its key", { fix: "Give --tls-cert and --tls-key." });
  }
  const files = { cert: fileBytes(tlsCert), key: fileBytes(tlsKey) };
  return tlsCa === undefined ? files : { ...files, ca: fileBytes(tlsCa) };
}

const fileText = (path: string): string => fileBytes(path).toString("utf8");

function fileBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, { where: path });
  }
}
