import { createHmac } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { VERSION } from "../../core/build.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import type { ModelRegistry } from "../../core/registry.ts";
import { type AlarmEvent, raisedAlarms, type WatchState } from "../../monitoring/watch/state.ts";

/** Milliseconds before each further try. */
const RETRIES = [500, 2000];
/** Milliseconds for an answer, and for all that is sent in one look. */
const PATIENCE = 5000;
const BUDGET = 20_000;

export interface Webhook {
  readonly url: URL;
  /** Signs what is sent; undefined sends it unsigned. */
  readonly secret: string | undefined;
}

/**
 * A webhook by its address; the secret is DISEASE_WEBHOOK_SECRET.
 * @throws UserError unless it is http: or https:
 */
export function webhookOf(address: string, env: NodeJS.ProcessEnv = process.env): Webhook {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol)) return { url, secret: env.DISEASE_WEBHOOK_SECRET || undefined };
  throw new UserError("not the address of a webhook", { where: "--webhook", fix: "Write it as https://HOST/PATH." });
}

export interface Delivery {
  readonly sent: number;
  /** Those that wait for the next look, oldest first. */
  readonly waiting: readonly AlarmEvent[];
  /** Why they wait; without the address, which may be a secret. */
  readonly problem: string | null;
}

/**
 * Posts events one by one, oldest first; what cannot be delivered in bounded time waits. A receiver may get an event twice, with the
 * same X-Disease-Delivery. What it refuses (4xx) is not sent again.
 */
export async function deliver(webhook: Webhook, events: readonly AlarmEvent[]): Promise<Delivery> {
  const deadline = AbortSignal.timeout(BUDGET);
  let sent = 0;
  let refused: string | null = null;
  for (const event of events) {
    const problem = await post(webhook, event, deadline);
    if (problem?.again) return { sent, waiting: events.slice(sent), problem: problem.message };
    refused ??= problem?.message ?? null;
    sent++;
  }
  return { sent, waiting: [], problem: refused };
}

/** @returns what went wrong, and whether a later try may do better */
async function post(
  { url, secret }: Webhook,
  event: AlarmEvent,
  deadline: AbortSignal,
): Promise<{ readonly message: string; readonly again: boolean } | undefined> {
  const body = JSON.stringify(payloadOf(event));
  for (let attempt = 0; ; attempt++) {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      "content-type": "application/json",
      "user-agent": `disease/${VERSION}`,
      "x-disease-event": `alarm.${event.type}`,
      "x-disease-delivery": `${event.id}/${event.type}`,
      "x-disease-timestamp": timestamp,
      ...(secret !== undefined && { "x-disease-signature": signatureOf(secret, timestamp, body) }),
    };
    let message: string;
    try {
      const signal = AbortSignal.any([deadline, AbortSignal.timeout(PATIENCE)]);
      const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      await answer.body?.cancel();
      if (answer.ok) return undefined;
      message = `the webhook answers ${answer.status}`;
      if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) return { message, again: false };
    } catch (error) {
      const { cause } = error as Error;
      message = `the webhook cannot be reached: ${cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : messageOf(error)}`;
    }
    const pause = RETRIES[attempt];
    if (pause === undefined || deadline.aborted) return { message, again: true };
    await delay(pause);
  }
}

/** "sha256=" and the HMAC of "TIMESTAMP.BODY" in hex; the time is signed so that an old message cannot be sent again. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

/** What is sent: rules, counts and figures over many patients, nothing of one. */
function payloadOf({ type, id, at, since, ...rest }: AlarmEvent): Readonly<Record<string, string>> {
  const time = (ms: number): string => new Date(ms).toISOString();
  return { event: `alarm.${type}`, alarm: id, ...rest, at: time(at), since: time(since) };
}

/** Tags of a version for MLflow: what its monitoring says now. */
export async function tagVersion(
  registry: Pick<ModelRegistry, "change">,
  state: WatchState,
  verdict: string,
): Promise<void> {
  const { model, version, looked } = state;
  if (version === null || looked === null) return;
  const alarms = raisedAlarms(state);
  await registry.change(model, {
    versionTags: {
      [version]: {
        "disease.monitor.status": alarms.length > 0 ? "alarm" : verdict,
        "disease.monitor.alarms": alarms.map(({ rule }) => rule).join("; "),
        "disease.monitor.looked": new Date(looked).toISOString(),
      },
    },
  });
}
