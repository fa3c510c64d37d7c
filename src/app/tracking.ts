import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Notice } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { LoggedModels, ModelRegistry } from "../core/registry.ts";
import type { TrackingStore } from "../core/store.ts";
import { openEmbeddedRegistry } from "../stores/embedded/registry.ts";
import { openEmbeddedStore } from "../stores/embedded/store.ts";
import { isServer, outboxFiles, shownAddress } from "../stores/outbox/address.ts";
import { type CopyOptions, type CopyResult, copyExperiments } from "../stores/outbox/copy.ts";
import { copyModels } from "../stores/outbox/copy-models.ts";
import { drain, type Mirror, startMirror } from "../stores/outbox/live.ts";
import { type FarSide, type Outbox, openOutbox, type Pending } from "../stores/outbox/outbox.ts";
import { openState } from "../stores/outbox/state.ts";
import type { RemoteOptions } from "../stores/remote/client.ts";
import type { Project } from "./project.ts";
import { embeddedFolder } from "./tracking-uri.ts";

export { shownAddress } from "../stores/outbox/address.ts";
export type { Mirror } from "../stores/outbox/live.ts";
export type { Pending } from "../stores/outbox/outbox.ts";

type Notify = (notice: Pick<Notice, "message">) => void;

/** Milliseconds without progress after which a sweep's end, or `track sync`, gives up on the server. */
const PATIENCE = { sweep: 10_000, sync: 30_000 } as const;
/** Milliseconds without progress after which a request is given up. */
const TIMEOUT = 30_000;
/** How long `track sync` waits for another process that is sending. */
const LOCK_PATIENCE = 10_000;

/** How long a server is waited for. */
export type Patience = Pick<RemoteOptions, "timeout" | "retry">;

/** For asking a server that may be away, where there is something to do without it; the environment's own settings win. */
export function hasty(env: NodeJS.ProcessEnv = process.env): Patience {
  const { MLFLOW_HTTP_REQUEST_TIMEOUT: timeout, MLFLOW_HTTP_REQUEST_MAX_RETRIES: retries } = env;
  return { ...(timeout ? {} : { timeout: 5000 }), ...(retries ? {} : { retry: { attempts: 2 } }) };
}

/** A store by its address: sqlite:///PATH/mlflow.db, or a server's. */
export async function openStoreAt(
  uri: string,
  where: string,
  notify: Notify,
  readOnly = false,
  patience: Patience = {},
): Promise<TrackingStore> {
  if (!isServer(uri)) return openEmbeddedStore({ folder: embeddedFolder(uri, where, process.cwd()), notify, readOnly });
  const { openRemoteStore } = await import("../stores/remote/store.ts");
  return openRemoteStore({ uri, ...patience });
}

async function openRegistryAt(uri: string, where: string, notify: Notify, readOnly: boolean): Promise<ModelRegistry> {
  if (!isServer(uri))
    return openEmbeddedRegistry({ folder: embeddedFolder(uri, where, process.cwd()), notify, readOnly });
  const { openRemoteRegistry } = await import("../stores/remote/registry.ts");
  return openRemoteRegistry({ uri });
}

/** A server as the outbox needs it, which tries again by itself, and soon. */
async function openServer(uri: string): Promise<FarSide & { close(): void }> {
  const { openRemoteStore } = await import("../stores/remote/store.ts");
  const { openRemoteRegistry } = await import("../stores/remote/registry.ts");
  const { MLFLOW_HTTP_REQUEST_TIMEOUT: timeout, MLFLOW_HTTP_REQUEST_MAX_RETRIES: retries } = process.env;
  const options = {
    uri,
    ...(timeout ? {} : { timeout: TIMEOUT }),
    ...(retries ? {} : { retry: { attempts: 2 } }),
  };
  const store = openRemoteStore(options);
  const registry = openRemoteRegistry(options);
  let logged: Promise<LoggedModels | undefined> | undefined;
  return {
    store,
    logged: () => {
      logged ??= loggedModelsOf(registry);
      logged.catch(() => {
        logged = undefined;
      });
      return logged;
    },
    close() {
      store.close();
      registry.close();
    },
  };
}

/** Asks for a model that cannot be there: a server older than MLflow 3, or another that lacks them, knows no such address. */
async function loggedModelsOf({ logged }: ModelRegistry): Promise<LoggedModels | undefined> {
  try {
    await logged?.get(`m-${"0".repeat(32)}`);
    return logged;
  } catch (error) {
    const { status } = ((error as Error).cause ?? {}) as { status?: number };
    if (status === 404 || status === 405 || status === 501) return undefined;
    throw error;
  }
}

function openProjectOutbox(project: Project, server: string, notify: Notify): Outbox {
  return openOutbox({ folder: project.mlruns, uri: server, notify: (message) => notify({ message }) });
}

/** Mirrors the sweeps that are added to it to the project's server; undefined when there is none. */
export function mirrorOf(project: Project, notify: Notify): Mirror | undefined {
  const { server } = project;
  if (server === undefined) return undefined;
  return startMirror({
    outbox: openProjectOutbox(project, server, notify),
    connect: () => openServer(server),
    patience: PATIENCE.sweep,
  });
}

export interface SyncOptions {
  /** Also runs that were never to be mirrored. */
  readonly all: boolean;
  notify: Notify;
  onRound(pending: Pending): void;
}

/** Sends what the server lacks. @returns what it still lacks after that */
export async function syncServer(project: Project, options: SyncOptions): Promise<Pending> {
  const server = serverOf(project);
  const outbox = openProjectOutbox(project, server, options.notify);
  let far: Awaited<ReturnType<typeof openServer>> | undefined;
  try {
    if (options.all) outbox.addEverything();
    for (const end = Date.now() + LOCK_PATIENCE; !outbox.tryLock() && Date.now() < end; ) await delay(200);
    if (!outbox.tryLock()) {
      options.notify({ message: "another disease process is sending to this server; it sends the rest" });
      return outbox.pending();
    }
    const round = async (): Promise<boolean> => {
      try {
        far ??= await openServer(server);
        outbox.start(far, "all");
      } catch (error) {
        if (error instanceof UserError) throw error;
        outbox.fail(error);
      }
      return true;
    };
    return await drain(outbox, round, { patience: PATIENCE.sync, onRound: options.onRound });
  } finally {
    far?.close();
    outbox.close();
  }
}

/** What has not reached the project's server, and other servers that it had before. */
export function trackStatus(project: Project, notify: Notify): readonly Pending[] {
  const folder = join(project.mlruns, "outbox");
  const kept = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".db")) : [];
  const known = kept.flatMap((name) => {
    const state = openState(join(folder, name));
    const uri = state.note("uri");
    state.close();
    return uri === undefined || outboxFiles(project.mlruns, uri).state !== join(folder, name) ? [] : [uri];
  });
  const own = project.server === undefined ? [] : [shownAddress(project.server)];
  return [...new Set([...own, ...known])].map((uri) => {
    const outbox = openProjectOutbox(project, uri, notify);
    try {
      return outbox.pending();
    } finally {
      outbox.close();
    }
  });
}

/** @throws UserError when the project has no server */
export function serverOf(project: Project): string {
  if (project.server !== undefined) return project.server;
  throw new UserError("there is no server to send to", {
    where: project.root,
    fix: "Set MLFLOW_TRACKING_URI=http://HOST:PORT, or tracking.uri in disease.yaml, or give --tracking.",
  });
}

/** Both sides of a store. */
interface Both {
  readonly store: TrackingStore;
  readonly registry: ModelRegistry;
}

/** Runs an action on the store at an address, and closes it. */
async function withBoth<T>(
  uri: string,
  where: "FROM" | "TO",
  notify: Notify,
  action: (both: Both) => Promise<T>,
): Promise<T> {
  const store = await openStoreAt(uri, where, notify, where === "FROM");
  try {
    const registry = await openRegistryAt(uri, where, notify, where === "FROM");
    try {
      return await action({ store, registry });
    } finally {
      registry.close();
    }
  } finally {
    store.close();
  }
}

/** Copies experiments, with the models that their runs made, from one store to another, each given by its address. */
export async function copyStore(
  fromUri: string,
  toUri: string,
  options: Pick<CopyOptions, "experiments" | "signal" | "onRun"> & { notify: Notify },
): Promise<Omit<CopyResult, "runs"> & { readonly versions: number }> {
  return await withBoth(fromUri, "FROM", options.notify, (from) =>
    withBoth(toUri, "TO", options.notify, async (to) => {
      const [source, target] = [await loggedModelsOf(from.registry), await loggedModelsOf(to.registry)];
      const logged = source && target && { from: source, to: target };
      const { runs, ...result } = await copyExperiments({ ...options, from: from.store, to: to.store, logged });
      return { ...result, versions: await copyModels({ from, to, runs }) };
    }),
  );
}
