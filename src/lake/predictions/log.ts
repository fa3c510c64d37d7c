import { type FileHandle, open, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { PredictionLog, PredictionRecord } from "../../core/serving/serving.ts";
import { createEncoder } from "./format.ts";
import { makeFolder } from "./segments.ts";

export interface LogOptions {
  /** lake/predictions/NAME; made when it is absent. */
  readonly folder: string;
  /** Part of the names of the segments: two writers never share one. */
  readonly host?: string;
  readonly pid?: number;
  /** Milliseconds that a record waits at most before it is written. */
  readonly flushAfter?: number;
  /** Records that wait at most while the disk is busy or full; the ones after are dropped. */
  readonly maxRecords?: number;
  /** The same in bytes, about. */
  readonly maxBytes?: number;
  /** Bytes of a segment. */
  readonly segmentBytes?: number;
  /** Milliseconds between writes to the physical disk (fdatasync), and before a failed write is tried again. */
  readonly syncEvery?: number;
  readonly retryAfter?: number;
}

/** Records that are put into text and written at once: a few milliseconds of the thread that answers. */
const SLICE = 256;
/** Bytes of a record as long as none has been written. */
const FIRST_GUESS = 1024;
export const DAY = 86_400_000;

/**
 * A log that takes records without waiting for the disk. They are written in batches, one write at a time, into segments
 * `DAY/HOST-PID-NUMBER.ndjson` (UTC day of the record), files 0600 and folders 0700. What was written survives the end of the
 * process, also by kill -9; it survives a power cut when it is older than `syncEvery`. Where a write fails, the segment is cut
 * back to its last whole batch, and the records wait and are tried again; what does not fit into memory meanwhile is dropped.
 */
export function openPredictionLog(options: LogOptions): PredictionLog {
  return new Log(options);
}

interface Segment {
  readonly day: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly encode: (record: PredictionRecord) => string;
  size: number;
}

class Log implements PredictionLog {
  readonly #options: Required<LogOptions>;
  #queue: PredictionRecord[] = [];
  #segment: Segment | undefined;
  #number = 0;
  #written = 0;
  #dropped = 0;
  #problem: string | null = null;
  #meanBytes = FIRST_GUESS;
  #working: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the segment began to hold bytes that may not be on the disk; 0 when it holds none. */
  #unsynced = 0;
  #closed = false;

  constructor(options: LogOptions) {
    this.#options = {
      host: hostname(),
      pid: process.pid,
      flushAfter: 200,
      maxRecords: 50_000,
      maxBytes: 32 << 20,
      segmentBytes: 64 << 20,
      syncEvery: 5000,
      retryAfter: 2000,
      ...options,
    };
  }

  get written(): number {
    return this.#written;
  }
  get dropped(): number {
    return this.#dropped;
  }
  get problem(): string | null {
    return this.#problem;
  }

  append(record: PredictionRecord): void {
    const { maxRecords, maxBytes, flushAfter } = this.#options;
    const waiting = this.#queue.length;
    if (this.#closed || waiting >= maxRecords || waiting * this.#meanBytes >= maxBytes) {
      this.#dropped++;
      this.#problem ??= this.#closed ? "the log is closed" : "the disk is slower than the predictions";
      return;
    }
    this.#queue.push(record);
    if (this.#working || this.#problem !== null) return; // the end of the work, or the next try, sees it
    if (waiting === 0) this.#wake(flushAfter);
    else if (waiting + 1 === SLICE) this.#wake(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
    clearTimeout(this.#timer);
    await this.#write();
    this.#dropped += this.#queue.length;
    this.#queue = [];
    await this.#endSegment().catch((error) => this.#fails(error));
  }

  #wake(after: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#work();
    }, after);
  }

  async #work(): Promise<void> {
    const done = await this.#write();
    this.#working = undefined;
    if (this.#closed) return;
    const { flushAfter, retryAfter, syncEvery } = this.#options;
    if (!done) this.#wake(retryAfter);
    else if (this.#queue.length > 0) this.#wake(flushAfter);
    else if (this.#unsynced > 0) this.#wake(Math.max(0, this.#unsynced + syncEvery - performance.now()));
    // A process that has nothing else to do need not stay for a disk that is full, nor to empty the disk's cache.
    if (!done || this.#queue.length === 0) this.#timer?.unref();
  }

  /** Writes what waits. @returns false where the disk did not take it */
  async #write(): Promise<boolean> {
    try {
      while (this.#queue.length > 0) {
        const day = Math.floor(this.#queue[0]!.time / DAY);
        const other = this.#queue.findIndex(({ time }, i) => i === SLICE || Math.floor(time / DAY) !== day);
        const records = this.#queue.slice(0, other < 0 ? undefined : other);
        await this.#append(await this.#segmentOf(dayOf(day * DAY)), records);
        this.#queue.splice(0, records.length);
        this.#written += records.length;
        this.#problem = null; // said as soon as it is so, however much waits
      }
      if (this.#unsynced > 0 && performance.now() - this.#unsynced >= this.#options.syncEvery) {
        await this.#segment?.file.datasync();
        this.#unsynced = 0;
      }
      this.#problem = null;
      return true;
    } catch (error) {
      this.#fails(error);
      return false;
    }
  }

  /** All of the records, or none. */
  async #append(segment: Segment, records: readonly PredictionRecord[]): Promise<void> {
    const bytes = Buffer.from(records.map(segment.encode).join(""));
    this.#meanBytes = bytes.length / records.length;
    try {
      for (let at = 0; at < bytes.length; ) at += (await segment.file.write(bytes, at)).bytesWritten;
    } catch (error) {
      this.#segment = undefined; // the next one begins with a head
      try {
        await segment.file.truncate(segment.size);
      } catch {
        this.#dropped += this.#queue.splice(0, records.length).length; // else some of them would be there twice
      }
      await segment.file.close().catch(() => {});
      if (segment.size === 0) await rm(segment.path, { force: true }).catch(() => {});
      throw error;
    }
    segment.size += bytes.length;
    this.#unsynced ||= performance.now();
  }

  async #segmentOf(day: string): Promise<Segment> {
    const now = this.#segment;
    if (now?.day === day && now.size < this.#options.segmentBytes) return now;
    await this.#endSegment();
    const folder = await makeFolder(this.#options.folder, day);
    const { host, pid } = this.#options;
    for (;;) {
      const path = join(folder, `${host.replace(/[^\w.-]/g, "_")}-${pid}-${this.#number++}.ndjson`);
      try {
        const file = await open(path, "ax", 0o600);
        this.#segment = { day, path, file, encode: createEncoder(), size: 0 };
        return this.#segment;
      } catch (error) {
        // A container's process has the same host and pid after each start.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    this.#unsynced = 0;
    if (!segment) return;
    try {
      await segment.file.datasync();
    } finally {
      await segment.file.close();
    }
  }

  #fails(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#problem = code === "ENOSPC" || code === "EDQUOT" ? `the disk is full (${code})` : messageOf(error);
  }
}

/** UTC, "2026-11-24". */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
