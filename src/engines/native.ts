/** Loading native libraries: once per thread, with an error that says which families are lost. */
import { existsSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import type { Matrix } from "../core/dataset.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { EngineId } from "../core/family.ts";
import { noWheel } from "./fetch.ts";
import { libraryPath } from "./folder.ts";
import { standInLibgomp } from "./libgomp.ts";
import { currentPlatform, engineSource, wheelFor } from "./wheels.ts";

type Koffi = typeof import("koffi")["default"];
/** A C function; koffi checks the number and kind of the arguments when it is called. */
export type NativeFunction = (...values: readonly unknown[]) => unknown;

export interface Library {
  readonly path: string;
  /** Declares a C function by its prototype. */
  declare(prototype: string): NativeFunction;
  /** A copy of `length` bytes at a native address: the library may use the memory again. */
  copy(address: bigint, length: number): ArrayBuffer;
  /** Address of a typed array's first element, for interfaces that want it as text. */
  address(array: NodeJS.TypedArray): bigint;
  /** The text at a native address, which ends with a zero byte. */
  text(address: bigint): string;
}

const loaded = new Map<EngineId, Promise<Library>>();

/**
 * Loads an engine's library, or returns the loaded one. The library stays until the thread ends.
 * @throws UserError naming the families that need it, when it is not there or does not load
 */
export function openLibrary(id: EngineId): Promise<Library> {
  const before = loaded.get(id);
  if (before !== undefined) return before;
  const opening = open(id);
  loaded.set(id, opening);
  opening.catch(() => loaded.delete(id)); // a later attempt may follow a repair
  return opening;
}

async function open(id: EngineId): Promise<Library> {
  const source = engineSource(id);
  const platform = currentPlatform();
  const wheel = wheelFor(source, platform);
  if (wheel === undefined) {
    const { problem, fix } = noWheel(source, platform);
    throw unavailable(id, problem, fix);
  }
  const path = libraryPath(source, wheel, platform);
  if (!existsSync(path)) throw unavailable(id, `${path} does not exist`, "Run: disease doctor --fix");
  const { default: koffi } = await import("koffi");
  setThreadPolicy(koffi);
  const library = load(koffi, id, path, platform);
  return {
    path,
    declare: (prototype) => library.func(prototype),
    copy: (address, length) => koffi.view(address, length).slice(0),
    address: (array) => koffi.address(array),
    text: (address) => koffi.decode.string(address),
  };
}

function load(koffi: Koffi, id: EngineId, path: string, platform: string): ReturnType<Koffi["load"]> {
  try {
    return koffi.load(path);
  } catch (error) {
    const message = messageOf(error);
    const standIn = message.includes("libgomp.so.1") ? standInLibgomp(platform) : undefined;
    if (standIn === undefined) throw unavailable(id, message, loadFix(message), error);
    koffi.load(standIn);
    return koffi.load(path);
  }
}

function unavailable(id: EngineId, problem: string, fix: string, cause?: unknown): UserError {
  const { title, families } = engineSource(id);
  return new UserError(`${title} is not available, so these families cannot be used: ${families.join(", ")}`, {
    where: problem,
    fix: [fix, "See what is missing with: disease doctor"],
    cause,
  });
}

/** What helps when the dynamic linker refuses a library. */
function loadFix(message: string): string {
  if (message.includes("libgomp"))
    return "Install the OpenMP runtime: apt-get install libgomp1 (or dnf install libgomp)";
  if (message.includes("libomp")) return "Install the OpenMP runtime: brew install libomp";
  if (message.includes("GLIBC")) return "Use a system with glibc 2.28 or newer.";
  return "Fetch it again: disease doctor --fix";
}

/**
 * OpenMP threads that wait must not spin: on a busy machine that costs 5–7 times the CPU. OpenBLAS starts with one thread
 * and gets more when a call asks for them. A worker thread's process.env does not reach the C library, hence setenv.
 */
function setThreadPolicy(koffi: Koffi): void {
  const defaults = { OMP_WAIT_POLICY: "passive", OPENBLAS_NUM_THREADS: "1" };
  const setenv =
    isMainThread || process.platform === "win32"
      ? undefined
      : koffi.load(null).func("int setenv(const char *name, const char *value, int overwrite)");
  for (const [name, value] of Object.entries(defaults)) {
    process.env[name] ??= value;
    setenv?.(name, value, 0);
  }
}

/** Frees native memory when its owner was collected without dispose(). */
export function createReclaimer(free: (handle: bigint) => void): FinalizationRegistry<bigint> {
  return new FinalizationRegistry(free);
}

/**
 * Keeps what was made of a matrix and other parts as long as the matrix lives, so that trials on the same data share it.
 * Parts are compared by identity; the oldest of more than `keep` entries of one matrix is dropped.
 */
export function createMatrixCache<T>(keep = 4): (matrix: Matrix, parts: readonly unknown[], make: () => T) => T {
  const cache = new WeakMap<Matrix, { parts: readonly unknown[]; value: T }[]>();
  return (matrix, parts, make) => {
    const entries = cache.get(matrix) ?? [];
    const found = entries.find((entry) => entry.parts.every((part, i) => Object.is(part, parts[i])));
    if (found !== undefined) return found.value;
    const value = make();
    cache.set(matrix, [...entries, { parts, value }].slice(-keep));
    return value;
  };
}
