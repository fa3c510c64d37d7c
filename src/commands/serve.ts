import { Args, Flags, ux } from "@oclif/core";
import { parseBytes, type Serving, serve } from "../app.ts";
import { abstainFlags, abstentionOf } from "../cli/abstain-flags.ts";
import { BaseCommand } from "../cli/base-command.ts";
import { trackingFlag } from "../cli/flags.ts";
import { visible } from "../cli/text.ts";
import { UserError } from "../core/errors.ts";

const GROUPS = { access: "ACCESS", limits: "LIMITS" } as const;

export default class Serve extends BaseCommand {
  static override summary = "Serve a model over HTTP: MLflow's scoring protocol, diagnoses, and a page.";
  static override description =
    "POST /invocations answers as `mlflow models serve` does, POST /v1/diagnose takes patients, and / is a page for clinicians. When the alias moves, the new version takes over without a lost request. Ctrl-C or SIGTERM ends it once the requests in hand are answered. docs/serving.md says more.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> models:/skin@champion",
    "<%= config.bin %> <%= command.id %> models:/skin@champion --shadow @challenger --port 8080",
    "<%= config.bin %> <%= command.id %> runs:/4f2a…/model --port 0 --json",
    {
      description:
        "only answers of a kind that was right in 95 % of the validation patients; the others are for a clinician",
      command: "<%= config.bin %> <%= command.id %> models:/skin@champion --abstain-accuracy 0.95",
    },
    {
      description: "for other machines, with a token",
      command:
        "DISEASE_SERVE_TOKENS=$(openssl rand -hex 32) <%= config.bin %> <%= command.id %> models:/skin@champion --host 0.0.0.0",
    },
  ];
  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: "models:/NAME@ALIAS, models:/NAME/VERSION, runs:/ID/model, or a folder with a model's files",
      required: true,
    }),
  };
  static override flags = {
    port: Flags.integer({
      char: "p",
      description: "Port; 0 takes any that is free",
      env: "DISEASE_PORT",
      default: 5001,
      min: 0,
      max: 65_535,
    }),
    host: Flags.string({ description: "Address to listen on", env: "DISEASE_SERVE_HOST", default: "127.0.0.1" }),
    watch: Flags.string({
      description: "Seconds between looks at the alias; 0: never",
      env: "DISEASE_SERVE_WATCH",
      default: "5",
      helpValue: "SECONDS",
    }),
    shadow: Flags.string({
      description: "A model that is scored besides, whose answers are only logged: @challenger, or an address",
      env: "DISEASE_SERVE_SHADOW",
      helpValue: "MODEL",
    }),
    log: Flags.boolean({
      description: "Keep predictions in lake/predictions/, for `disease monitor`",
      env: "DISEASE_SERVE_LOG",
      default: true,
      allowNo: true,
    }),
    "log-level": Flags.option({
      options: ["debug", "info", "warn", "error"] as const,
    })({
      description: "What is logged to standard error, JSON lines; info has a line for each request",
      env: "DISEASE_SERVE_LOG_LEVEL",
      default: "info",
    }),
    ...abstainFlags("DISEASE_SERVE"),
    knowledge: Flags.string({
      description: "Folder of the knowledge base; the project's data/knowledge, else what ships, when absent",
      env: "DISEASE_KNOWLEDGE",
      helpValue: "DIR",
    }),
    mapping: Flags.string({
      description: "File that says which codes of a FHIR bundle or phenopacket are which column",
      env: "DISEASE_SERVE_MAPPING",
      helpValue: "FILE",
    }),
    "tokens-file": Flags.string({
      description: "File with bearer tokens, besides DISEASE_SERVE_TOKENS: TOKEN or TOKEN:2026-12-31T00:00Z",
      env: "DISEASE_SERVE_TOKENS_FILE",
      helpGroup: GROUPS.access,
      helpValue: "FILE",
    }),
    "allow-anonymous": Flags.boolean({
      description: "Listen on --host without tokens or client certificates",
      env: "DISEASE_SERVE_ALLOW_ANONYMOUS",
      helpGroup: GROUPS.access,
    }),
    guard: Flags.string({
      description: "What asks for a token too: health (/ping, /health, /version) or metrics (repeatable)",
      env: "DISEASE_SERVE_GUARD",
      options: ["health", "metrics"],
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpGroup: GROUPS.access,
    }),
    ...certificate("tls-cert", "Certificate of the service, PEM"),
    ...certificate("tls-key", "Its key, PEM"),
    ...certificate("tls-ca", "Whose certificates clients must show (mTLS), PEM"),
    "cors-origin": Flags.string({
      description: "Origin of pages that may call from a browser, or * (repeatable)",
      env: "DISEASE_SERVE_CORS_ORIGIN",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpGroup: GROUPS.access,
      helpValue: "ORIGIN",
    }),
    rate: Flags.string({
      description: "Requests a second of one client; 0: no limit",
      env: "DISEASE_SERVE_RATE",
      default: "0",
      helpGroup: GROUPS.limits,
      helpValue: "N",
    }),
    "body-limit": Flags.string({
      description: "Most bytes of a request",
      env: "DISEASE_SERVE_BODY_LIMIT",
      default: "16MB",
      helpGroup: GROUPS.limits,
      helpValue: "SIZE",
    }),
    "max-rows": count("MAX_ROWS", "Most rows of a request", 100_000),
    connections: count("CONNECTIONS", "Most connections at once", 1000),
    "in-flight": count("IN_FLIGHT", "Requests in hand above which new ones are answered 503", 200),
    timeout: Flags.string({
      description: "Seconds within which a request must have come",
      env: "DISEASE_SERVE_TIMEOUT",
      default: "30",
      helpGroup: GROUPS.limits,
      helpValue: "SECONDS",
    }),
    "drain-delay": Flags.string({
      description: "Seconds to go on answering, no longer ready, before it stops",
      env: "DISEASE_SERVE_DRAIN_DELAY",
      default: "0",
      helpGroup: GROUPS.limits,
      helpValue: "SECONDS",
    }),
    "drain-timeout": Flags.string({
      description: "Seconds after which requests in hand are cut off",
      env: "DISEASE_SERVE_DRAIN_TIMEOUT",
      default: "30",
      helpGroup: GROUPS.limits,
      helpValue: "SECONDS",
    }),
    tracking: trackingFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Serve);
    const serving = await serve(this.projectOf(flags), {
      address: args.model,
      ...{ port: flags.port, host: flags.host, shadow: flags.shadow, log: flags.log, logLevel: flags["log-level"] },
      ...{ knowledge: flags.knowledge, mapping: flags.mapping, connections: flags.connections },
      watch: numberOf("watch", flags.watch),
      abstain: abstentionOf(flags),
      tokens: process.env.DISEASE_SERVE_TOKENS,
      tokensFile: flags["tokens-file"],
      allowAnonymous: flags["allow-anonymous"],
      guard: [flags.guard].flat() as ("health" | "metrics")[],
      ...{ tlsCert: flags["tls-cert"], tlsKey: flags["tls-key"], tlsCa: flags["tls-ca"] },
      corsOrigins: [flags["cors-origin"]].flat(),
      rate: numberOf("rate", flags.rate),
      bodyLimit: parseBytes(flags["body-limit"], "--body-limit"),
      ...{ maxRows: flags["max-rows"], inFlight: flags["in-flight"] },
      requestTimeout: numberOf("timeout", flags.timeout),
      drain: {
        delay: numberOf("drain-delay", flags["drain-delay"]),
        most: numberOf("drain-timeout", flags["drain-timeout"]),
      },
      logTo: process.stderr,
      notify: (notice) => (this.jsonEnabled() ? logged(notice) : this.notify(notice)),
    });
    this.tell(serving);
    await stopped();
    await serving.stop();
  }

  /** One line, when it answers. */
  private tell({ url, model }: Serving): void {
    const { name, version, runId, hash, address } = model;
    const facts = { url, address, name, version, runId, hash, pid: process.pid };
    const what = name === null ? address : `${name} version ${version}`;
    if (this.jsonEnabled()) ux.stdout(JSON.stringify(facts));
    else this.log(`${url}  ${visible(what)} (${hash.slice(0, 12)})  pid ${process.pid}`);
  }
}

/** What is to be known before the service has its log, as a line of that log: --json says nothing else to people. */
function logged({ message }: { readonly message: string }): void {
  process.stderr.write(`${JSON.stringify({ level: 40, time: Date.now(), notice: message, msg: "notice" })}\n`);
}

/** Resolves at the first signal to end; the next one ends the process at once, as if nobody listened. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of SIGNALS) process.off(signal, stop);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, stop);
  });
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function certificate<N extends string>(name: N, description: string) {
  const flag = Flags.string({
    description,
    env: `DISEASE_SERVE_${name.toUpperCase().replace("-", "_")}`,
    helpGroup: GROUPS.access,
    helpValue: "FILE",
  });
  return { [name]: flag } as Record<N, typeof flag>;
}

function count(name: string, description: string, value: number) {
  const env = `DISEASE_SERVE_${name}`;
  return Flags.integer({ description, env, default: value, min: 1, helpGroup: GROUPS.limits });
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1e6) return value;
  throw new UserError("not a number that this flag takes", {
    where: `--${flag} ${text}`,
    fix: "Give a number from 0 to 1,000,000.",
  });
}
