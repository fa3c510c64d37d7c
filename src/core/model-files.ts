import { hashBytes } from "./hash.ts";
import type { TrackingStore } from "./store.ts";

/** The folder of a run's artifacts that holds its model. */
export const MODEL_FOLDER = "model";

/** Files of a run's saved model, by their names within its folder; none when it has no model. */
export async function modelFiles(store: TrackingStore, runId: string): Promise<Readonly<Record<string, Uint8Array>>> {
  const files: Record<string, Uint8Array> = {};
  const walk = async (folder: string): Promise<void> => {
    for (const { path, isDirectory } of await store.listArtifacts(runId, folder)) {
      if (isDirectory) await walk(path);
      else files[path.slice(MODEL_FOLDER.length + 1)] = await store.readArtifact(runId, path);
    }
  };
  await walk(MODEL_FOLDER);
  return files;
}

/** SHA-256 of a saved model: of its files' names and contents. */
export function hashModel(files: Readonly<Record<string, Uint8Array>>): string {
  const names = Object.keys(files).sort();
  return hashBytes(...names.flatMap((name) => [`${JSON.stringify(name)} ${files[name]!.length}\n`, files[name]!]));
}
