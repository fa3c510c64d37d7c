/** The store and the registry as the board reads them beside its table: never written to, and not waited for long. */
import type { ModelRegistry } from "../../core/registry.ts";
import type { TrackingStore } from "../../core/store.ts";
import type { Project } from "../project.ts";

type Place = Pick<Project, "mlruns" | "server">;

/** Milliseconds to wait for another program that writes to the store, and for an answer of a server. */
const BUSY = 200;
const TIMEOUT = 10_000;

const embedded = (folder: string) => ({ folder, readOnly: true, busyTimeout: BUSY });
const remote = (uri: string) => ({ uri, timeout: TIMEOUT, retry: { attempts: 2 } });

/** @throws UserError when there is no store yet */
export async function openStoreToRead({ mlruns, server }: Place): Promise<TrackingStore> {
  if (server !== undefined) {
    const { openRemoteStore } = await import("../../stores/remote/store.ts");
    return openRemoteStore(remote(server));
  }
  const { openEmbeddedStore } = await import("../../stores/embedded/store.ts");
  return openEmbeddedStore(embedded(mlruns));
}

/** @throws UserError when there is no store yet */
export async function openRegistryToRead({ mlruns, server }: Place): Promise<ModelRegistry> {
  if (server !== undefined) {
    const { openRemoteRegistry } = await import("../../stores/remote/registry.ts");
    return openRemoteRegistry(remote(server));
  }
  const { openEmbeddedRegistry } = await import("../../stores/embedded/registry.ts");
  return openEmbeddedRegistry(embedded(mlruns));
}

/** What is opened when it is first asked for. */
export interface Opened<T> {
  /** Tries again after a failure: there may be a store later. */
  get(): Promise<T>;
  /** What was opened and not yet found to fail. */
  known(): Promise<T> | undefined;
}

export function openLate<T>(open: () => Promise<T>): Opened<T> {
  let opening: Promise<T> | undefined;
  return {
    get() {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    known: () => opening,
  };
}
