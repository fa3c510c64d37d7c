import { hostname, userInfo } from "node:os";
import { systemClock } from "../core/clock.ts";
import type { Notice } from "../core/dataset.ts";
import type { ModelRegistry } from "../core/registry.ts";
import type { Workbench } from "../registry/state.ts";
import { openEmbeddedRegistry } from "../stores/embedded/registry.ts";
import { busyTimeout, openStore, type Project } from "./project.ts";
import { openStoreAt, type Patience } from "./tracking.ts";

/** The model registry of a project, in its tracking store. */
export function openRegistry(
  project: Project,
  notify: (notice: Notice) => void,
  options: { readonly readOnly?: boolean } = {},
): ModelRegistry {
  return openEmbeddedRegistry({ folder: project.mlruns, notify, busyTimeout: busyTimeout(), ...options });
}

/** Opens the embedded store and registry, does something with them, and closes them. */
export async function withLocalRegistry<T>(
  project: Project,
  notify: (notice: Pick<Notice, "message">) => void,
  options: { readonly readOnly?: boolean },
  action: (bench: Workbench) => Promise<T>,
): Promise<T> {
  return withRegistry({ ...project, server: undefined }, notify, options, action);
}

/**
 * Opens store and registry, does something with them, and closes them: those of the server, where the project has one (its
 * champion is everyone's), else the embedded ones.
 */
export async function withRegistry<T>(
  project: Project,
  notify: (notice: Pick<Notice, "message">) => void,
  options: { readonly readOnly?: boolean; readonly patience?: Patience },
  action: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const { server } = project;
  const { patience } = options;
  const store =
    server === undefined
      ? openStore(project, notify, options)
      : await openStoreAt(server, "the tracking address", notify, options.readOnly, patience);
  try {
    const registry =
      server === undefined ? openRegistry(project, notify, options) : await openServerRegistry(server, patience);
    try {
      const bench = {
        store,
        registry,
        clock: systemClock,
        who: who(),
        notify: (message: string) => notify({ message }),
      };
      return await action(bench);
    } finally {
      registry.close();
    }
  } finally {
    store.close();
  }
}

async function openServerRegistry(uri: string, patience: Patience = {}): Promise<ModelRegistry> {
  const { openRemoteRegistry } = await import("../stores/remote/registry.ts");
  return openRemoteRegistry({ uri, ...patience });
}

/** Who acts, for the audit and the ledger of looks: DISEASE_USER, else whom the CI system names, else the user of this machine. */
export function who(): string {
  const { DISEASE_USER, GITHUB_ACTOR, GITLAB_USER_LOGIN } = process.env;
  return `${DISEASE_USER || GITHUB_ACTOR || GITLAB_USER_LOGIN || userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a container's user may have no name
  }
}
