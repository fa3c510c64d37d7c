/**
 * The board on the screen: how soon it is there, and what a key costs, in a real pseudo-terminal over a store of many runs of 40
 * columns.
 * CPU is of the program alone; the times of the clock hold the machine's other work too.
 *
 *     node bench/board-screen.ts [--runs 10000,100000] [--sizes 80x24,120x40,300x100] [--keys 300]
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type IPty, spawn } from "@lydell/node-pty";
import { openEmbeddedStore } from "../src/stores/embedded/store.ts";
import { built, userEnv } from "../test/support/cli.ts";
import { makeBoardRuns } from "./support/board-runs.ts";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "10000,100000" },
    sizes: { type: "string", default: "80x24,120x40,300x100" },
    keys: { type: "string", default: "300" },
  },
});
const KEYS = Number(flags.keys);
/** Milliseconds after which what was pressed before is on the screen. */
const SETTLED = 1000;
/** Seconds in which others write. */
const FOLLOWED = 5;
const FRAME_END = "\x1b[?2026l";
/** What is pressed again and again, and then to go back. */
const MOVES = [
  { what: "j", keys: ["j"] },
  { what: "j held, 3 at once", keys: ["jjj"] },
  { what: "PgDn and PgUp", keys: ["\x1b[6~", "\x1b[6~", "\x1b[5~", "\x1b[5~"] },
  { what: "l and h", keys: ["l", "h"] },
  { what: "s (sort)", keys: ["s"] },
] as const;

/** Milliseconds of CPU of a process, and its memory in MB. */
function spentBy(pid: number): { cpu: number; memory: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const memory = Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
  return { cpu: (Number(fields[11]) + Number(fields[12])) * 10, memory };
}

interface Session {
  readonly pty: IPty;
  readonly output: () => string;
  /** Resolves at the end of the next frame. */
  frame(): Promise<void>;
  shows(text: RegExp): Promise<void>;
}

async function open(cwd: string, cols: number, rows: number): Promise<Session> {
  const pty = spawn(process.execPath, [await built(), "board"], {
    cwd,
    cols,
    rows,
    name: "xterm-256color",
    env: userEnv(),
  });
  let output = "";
  let waiting: (() => void)[] = [];
  pty.onData((chunk) => {
    output += chunk;
    const now = waiting;
    waiting = [];
    for (const look of now) look();
  });
  const until = (seen: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (seen()) resolve();
        else waiting.push(look);
      };
      look();
    });
  return {
    pty,
    output: () => output,
    frame() {
      const from = output.length;
      return until(() => output.includes(FRAME_END, Math.max(0, from - FRAME_END.length + 1)));
    },
    shows: (text) => until(() => text.test(output)),
  };
}

function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

/** Presses keys again and again, from the first line on. */
async function press(session: Session, what: string, keys: readonly string[]): Promise<void> {
  const { pid } = session.pty;
  session.pty.write("g");
  await delay(SETTLED);
  const times: number[] = [];
  const before = { ...spentBy(pid), bytes: session.output().length };
  for (let i = 0; i < KEYS; i++) {
    const pressed = performance.now();
    const frame = session.frame();
    session.pty.write(keys[i % keys.length]!);
    await frame;
    times.push(performance.now() - pressed);
    await delay(3);
  }
  const after = spentBy(pid);
  const bytes = (session.output().length - before.bytes) / KEYS;
  console.log(
    `    ${what.padEnd(18)} CPU ${((after.cpu - before.cpu) / KEYS).toFixed(2)} ms a key, ${bytes.toFixed(0).padStart(6)} characters a frame, key to frame p50 ${percentile(times, 0.5).toFixed(1)} p99 ${percentile(times, 0.99).toFixed(1)} ms`,
  );
}

/** What the board takes of a core while a sweep writes 50 batches a second. */
async function follow(pid: number, mlruns: string, going: readonly string[]): Promise<void> {
  const store = openEmbeddedStore({ folder: mlruns });
  const before = spentBy(pid);
  const begin = performance.now();
  for (let step = 1; step <= FOLLOWED * 50; step++) {
    const metrics = [{ key: "val_f1_macro", value: Math.abs(Math.sin(step)), timestamp: step, step }];
    await store.write(going[step % going.length]!, { metrics });
    await delay(Math.max(0, begin + step * 20 - performance.now()));
  }
  const share = (spentBy(pid).cpu - before.cpu) / (performance.now() - begin);
  store.close();
  console.log(`    50 updates/s: ${(share * 100).toFixed(1)} % of a core`);
}

async function measure(cwd: string, going: readonly string[], runs: number, cols: number, rows: number): Promise<void> {
  const begin = performance.now();
  const session = await open(cwd, cols, rows);
  const { pid } = session.pty;
  await session.shows(/FINISHED/); // the first rows
  const first = { wall: performance.now() - begin, ...spentBy(pid) };
  await session.shows(/live/);
  const loaded = { wall: performance.now() - begin, ...spentBy(pid) };
  console.log(
    `${runs} runs, ${cols}×${rows}: rows on the screen after ${first.wall.toFixed(0)} ms (${first.cpu} ms CPU), all after ${loaded.wall.toFixed(0)} ms (${loaded.cpu} ms CPU)`,
  );
  for (const arrangement of ["configurations", "single runs"]) {
    console.log(`  ${arrangement}`);
    for (const { what, keys } of MOVES) await press(session, what, keys);
    await follow(pid, join(cwd, "mlruns"), going);
    if (arrangement === "single runs") break;
    session.pty.write("w");
    await delay(SETTLED);
  }
  console.log(`  memory at most ${spentBy(pid).memory.toFixed(0)} MB`);
  session.pty.write("q");
  await new Promise((resolve) => session.pty.onExit(resolve));
}

for (const runs of flags.runs.split(",").map(Number)) {
  const project = mkdtempSync(join(tmpdir(), "disease-board-"));
  try {
    const going = await makeBoardRuns(join(project, "mlruns"), runs);
    for (const size of flags.sizes.split(",")) {
      const [cols, rows] = size.split("x").map(Number) as [number, number];
      await measure(project, going, runs, cols, rows);
    }
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
