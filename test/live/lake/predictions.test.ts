import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { readPredictions } from "../../../src/lake/predictions/read.ts";

const WRITER = join(import.meta.dirname, "prediction-writer.ts");

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "disease-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function start(command: readonly string[]): ChildProcess {
  const [file, ...args] = [...command];
  return spawn(file!, args, { stdio: ["ignore", "pipe", "inherit"] });
}

const writer = (folder: string, name: string, count: number): ChildProcess =>
  start([process.execPath, WRITER, folder, name, String(count)]);

async function read(folder: string): Promise<{ ids: string[]; skipped: number }> {
  const ids: string[] = [];
  let skipped = 0;
  const onSkipped = (_: string, lines: number): void => {
    skipped += lines;
  };
  for await (const { id } of readPredictions(folder, { onSkipped })) ids.push(id);
  return { ids, skipped };
}

const first = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}-${i}`);

test("kill -9 loses only what was not written yet, and breaks no reader, then or before", async () => {
  const folder = temporaryFolder();
  const child = writer(folder, "a", 1_000_000);
  const exit = once(child, "exit");
  let written = 0;
  for await (const line of createInterface(child.stdout!)) {
    written = Number(line);
    if (written < 5000) continue;
    if (!child.killed) {
      const meanwhile = await read(folder);
      expect(meanwhile.ids.length).toBeGreaterThanOrEqual(written);
      child.kill("SIGKILL");
    }
  }
  await exit;
  const { ids, skipped } = await read(folder);
  expect(ids.length).toBeGreaterThanOrEqual(written);
  expect(ids).toEqual(first("a", ids.length));
  expect(skipped).toBeLessThanOrEqual(1);
  await once(writer(folder, "b", 10), "exit");
  expect((await read(folder)).ids.toSorted()).toEqual([...ids, ...first("b", 10)].toSorted());
});

test("two services write at once, and all of both is there", async () => {
  const folder = temporaryFolder();
  await Promise.all(["a", "b"].map((name) => once(writer(folder, name, 5000), "exit")));
  const { ids, skipped } = await read(folder);
  expect(skipped).toBe(0);
  expect(ids.toSorted()).toEqual([...first("a", 5000), ...first("b", 5000)].toSorted());
});

const canMount = spawnSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0;

test("a full disk is told, what does not fit is dropped and counted, and it goes on once there is room", async () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "disk"));
  const node = `"${process.execPath}" "${WRITER}"`;
  // A small disk that a file fills half; else files that may not be longer than a batch.
  const script = canMount
    ? `mount -t tmpfs -o size=800k tmpfs disk && head -c 400k /dev/zero > disk/ballast &&
       ${node} disk/log a 1000000 "rm disk/ballast"; cp -r disk/log kept`
    : `(ulimit -S -f 8; ${node} disk/log a 1000000 'prlimit --pid $PPID --fsize=unlimited'); cp -r disk/log kept`;
  const child = spawn(canMount ? "unshare" : "bash", [...(canMount ? ["-m", "bash"] : []), "-c", script], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) lines.push(line);
  const [then, end] = lines.slice(-2).map((line) => JSON.parse(line));
  expect(then).toMatchObject({ problem: expect.stringMatching(/ENOSPC|EFBIG/), mended: true, after: null });
  expect(end).toMatchObject({ problem: null });
  expect(end.dropped).toBeGreaterThan(0);
  expect(end.written).toBeGreaterThan(then.written);
  const { ids, skipped } = await read(join(root, "kept"));
  expect(skipped).toBe(0);
  expect(ids.length).toBe(end.written);
  expect(new Set(ids).size).toBe(ids.length);
});
