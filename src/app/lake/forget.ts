import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Notice } from "../../core/dataset.ts";
import type { Stage } from "../../core/registry.ts";
import type { Run } from "../../core/store.ts";
import { userCache } from "../../core/user-cache.ts";
import { type ForgetOptions, type Forgotten, forgetInLake } from "../../lake/privacy/forget.ts";
import { forgetPredictions } from "../../lake/privacy/predictions.ts";
import type { Workbench } from "../../registry/state.ts";
import type { Project } from "../project.ts";
import { patientHash, projectKey } from "../project-key.ts";
import { withRegistry } from "../workbench.ts";
import { openLake } from "./open.ts";

export interface ForgetRequest {
  readonly patient: string;
  /** `patient` is the hash that logs have, not the id. */
  readonly isHash?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** A run that was trained on rows of the patient. */
export interface Witness {
  readonly run: string;
  readonly name: string;
  /** The address that its data came from. */
  readonly data: string;
  readonly registered: readonly {
    readonly name: string;
    readonly version: string;
    readonly stage: Stage;
    readonly aliases: readonly string[];
  }[];
}

export interface ForgetResult extends Omit<Forgotten, "ids" | "parts"> {
  readonly dryRun: boolean;
  /** Lines of the logs of predictions and feedback. */
  readonly predictions: number;
  readonly models: readonly Witness[];
}

/**
 * Takes a patient out of the lake, of the logs of predictions and of the local caches, and tells which models have seen the patient.
 * @throws UserError while somebody writes to the lake
 */
export async function forgetPatient(
  project: Project,
  { patient, isHash = false, reason, dryRun = false }: ForgetRequest,
  notify: (notice: Notice) => void,
): Promise<ForgetResult> {
  const lake = openLake(project, { notify });
  const key = projectKey(project.root);
  const folder = join(project.root, "lake", "predictions");
  const cache = join(process.env.DISEASE_CACHE || userCache(process.env), "lake");
  let predictions = 0;
  const elsewhere: ForgetOptions["elsewhere"] = async (found, how) => {
    const hashes = new Set([found.patient, ...found.ids.map((id) => patientHash(key, id))]);
    predictions = await forgetPredictions(folder, hashes, how);
    if (!how.dryRun) for (const part of found.parts) await rm(join(cache, part), { force: true });
  };
  const { ids, parts, ...found } = await forgetInLake(lake, { patient, isHash, key, reason, dryRun, elsewhere });
  const models =
    found.versions.length === 0 || (project.server === undefined && !existsSync(project.mlruns))
      ? []
      : await withRegistry(
          project,
          ({ message }) => notify({ code: "registry", message }),
          { readOnly: true },
          (bench) => witnesses(bench, found.versions),
        );
  return { ...found, dryRun, predictions, models };
}

/** Runs whose data are one of the versions, or equal to such, and what was registered of them. */
async function witnesses({ store, registry }: Workbench, versions: readonly string[]): Promise<readonly Witness[]> {
  const runs: Run[] = [];
  const experimentIds = (await store.listExperiments("all")).map(({ experimentId }) => experimentId);
  for (let pageToken: string | undefined; experimentIds.length > 0; ) {
    const page = await store.searchRuns({
      ...{ experimentIds, view: "all", maxResults: 1000, pageToken },
      columns: { metrics: [], params: [], tags: [] },
    });
    runs.push(...page.items);
    pageToken = page.nextPageToken;
    if (pageToken === undefined) break;
  }
  const addresses = new Map<string, string>();
  for (const { inputs } of runs) {
    for (const { digest, source } of inputs) {
      const found = versions.find((address) => source.includes(`"${address}"`));
      if (found !== undefined) addresses.set(digest, found);
    }
  }
  const registered = (
    await Promise.all((await registry.listModels()).map(({ name }) => registry.listVersions(name)))
  ).flat();
  return runs.flatMap(({ info, inputs }) => {
    const data = inputs.map(({ digest }) => addresses.get(digest)).find((address) => address !== undefined);
    if (data === undefined) return [];
    const own = registered.filter(({ runId }) => runId === info.runId);
    return [
      {
        ...{ run: info.runId, name: info.runName, data },
        registered: own.map(({ name, version, stage, aliases }) => ({ name, version, stage, aliases })),
      },
    ];
  });
}
