/**
 * Sends one HTTP request again and again over kept connections, and prints what came of it as JSON. A process of its own, with sockets
 * in place of an HTTP client, so that the load costs little.
 *
 *     node bench/serve/load.ts --port 5001 --body FILE [--clients 8] [--seconds 5] [--count 0] [--rate 0]
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { percentile } from "../support/processes.ts";

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Answers by status; "error" where the connection failed. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers by what the header x-model says. */
  readonly models: Readonly<Record<string, number>>;
  /** Milliseconds */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const { values: flags } = parseArgs({
  options: {
    port: { type: "string" },
    body: { type: "string" },
    clients: { type: "string", default: "8" },
    seconds: { type: "string", default: "5" },
    /** Requests of each client; 0: as many as fit into the time. */
    count: { type: "string", default: "0" },
    /** Requests a second of all clients; 0: as many as can be. */
    rate: { type: "string", default: "0" },
  },
});

const body = readFileSync(flags.body!);
const head = `POST /invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
const request = Buffer.concat([Buffer.from(head), body]);
const [clients, seconds, count, rate] = [flags.clients, flags.seconds, flags.count, flags.rate].map(Number) as [
  number,
  number,
  number,
  number,
];

const times: number[] = [];
const statuses: Record<string, number> = {};
const models: Record<string, number> = {};
const tally = (counts: Record<string, number>, key: string): void => {
  counts[key] = (counts[key] ?? 0) + 1;
};

const start = performance.now();
const end = start + 1000 * seconds;
await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
const took = (performance.now() - start) / 1000;
const sorted = Float64Array.from(times).sort();
const at = (share: number): number => percentile(sorted, share);
const load: Load = { requests: times.length, seconds: took, statuses, models, p50: at(0.5), p99: at(0.99), max: at(1) };
console.log(JSON.stringify(load));

async function client(number: number): Promise<void> {
  const connection = open();
  const every = rate === 0 ? 0 : (1000 * clients) / rate;
  let due = start + (number * every) / clients;
  for (let i = 0; performance.now() < end && (count === 0 || i < count); i++) {
    if (every > 0) {
      const wait = due - performance.now();
      if (wait > 0) await delay(wait);
    }
    // By the plan, not by when it was sent: waiting for a slow answer counts for the next one too.
    const from = every > 0 ? Math.min(due, performance.now()) : performance.now();
    due += every;
    try {
      const answer = await connection.ask();
      times.push(performance.now() - from);
      tally(statuses, answer.status);
      tally(models, answer.model);
    } catch {
      tally(statuses, "error");
      return;
    }
  }
  connection.close();
}

interface Answer {
  readonly status: string;
  readonly model: string;
}

function open(): { ask(): Promise<Answer>; close(): void } {
  const socket = connect(Number(flags.port), "127.0.0.1").setNoDelay(true);
  let chunks: Buffer[] = [];
  let missing = -1;
  let answer: Answer | undefined;
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  socket.on("data", (chunk: Buffer) => {
    if (answer === undefined) {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const split = all.indexOf("\r\n\r\n");
      if (split < 0) return;
      const headers = all.toString("latin1", 0, split);
      answer = { status: headers.slice(9, 12), model: /^x-model: (.*)$/im.exec(headers)?.[1] ?? "" };
      missing = Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? Number.NaN) - (all.length - split - 4);
    } else {
      missing -= chunk.length;
    }
    if (missing > 0) return;
    const done = answer;
    chunks = [];
    answer = undefined;
    waiting?.resolve(done);
  });
  const fail = (error?: Error): void => waiting?.reject(error ?? new Error("closed"));
  socket.on("error", fail).on("close", () => fail());
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}
