import { spawnSync } from "node:child_process";

export interface Spent {
  /** Seconds of CPU, user and system, of the process and its children. */
  readonly cpu: number;
  /** Seconds of the clock. */
  readonly wall: number;
}

/**
 * Runs a command to its end and says what it took, by the shell's `time`.
 * @throws Error with what it printed when its exit code is not 0
 */
export function spend(command: string, args: readonly string[], options: { cwd?: string; env?: object } = {}): Spent {
  const script = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&3; } 3>&1';
  const { status, stdout, stderr, error } = spawnSync("bash", ["-c", script, "bash", command, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} gave ${status}: ${stdout}`);
  const [wall, user, system] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number) as [number, number, number];
  return { cpu: user + system, wall };
}

/** Runs each command `repeats` times, in turn, so that a busy moment meets all of them. The first round is not counted. */
export function spendInTurn(commands: readonly (() => Spent)[], repeats: number): Spent[][] {
  const rounds = Array.from({ length: repeats + 1 }, () => commands.map((run) => run()));
  return commands.map((_, i) => rounds.slice(1).map((round) => round[i]!));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which a share of sorted values lies, one of them; NaN where there are none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
