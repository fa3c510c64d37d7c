import { readFileSync } from "node:fs";

/** Whether a process of this machine is running. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** This process by number and start, so that a later one with the same number is told apart: "PID@START". */
export function ownProcess(): string {
  return `${process.pid}@${startOf(process.pid)}`;
}

/** Whether the process that `ownProcess` named is still running. */
export function isSameProcess(name: string): boolean {
  const [pid, start] = name.split("@");
  return isAlive(Number(pid)) && (!start || startOf(Number(pid)) === start);
}

/** Clock ticks from boot to the start of a process (proc(5), field 22 of stat); "" where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
