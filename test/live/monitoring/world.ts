import { join } from "node:path";
import { findProject } from "../../../src/app/project.ts";
import { patientHash, projectKey } from "../../../src/app/project-key.ts";
import { openServed } from "../../../src/app/served/open.ts";
import type { ModelVersion } from "../../../src/core/registry.ts";
import { rawRowOf } from "../../../src/core/serving/input.ts";
import type { RawRow, ServedTable } from "../../../src/core/serving/serving.ts";
import { openPredictionLog } from "../../../src/lake/predictions/log.ts";
import { readDataset } from "../../../src/lake/read.ts";
import { readTrail } from "../../../src/registry/audit.ts";
import { readState } from "../../../src/registry/state.ts";
import { openEmbeddedRegistry } from "../../../src/stores/embedded/registry.ts";
import type { TestProject } from "../../support/project.ts";

/** Patients whom nobody was trained on: all that is measured of them is greater. */
export const shifted = (row: RawRow): RawRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === "number" ? value + 2 : value]));

/** What a service logs of the patients of the project's table. Ids are PREFIX-ROW, patients "patient ROW". @returns what they have */
export async function predicted(
  { root }: Pick<TestProject, "root">,
  options: { readonly prefix: string; readonly version: string; readonly change?: (row: RawRow) => RawRow },
): Promise<readonly string[]> {
  const { prefix, version, change = (row) => row } = options;
  const model = (await openServed(findProject(root), `models:/skin/${version}`, { notify() {} })) as ServedTable;
  const table = await readDataset(join(root, "data", "patients.csv"), { target: "disease" });
  const { frame, target } = table;
  const proba = model.predictProba(frame);
  const log = openPredictionLog({ folder: join(root, "lake", "predictions", "skin") });
  const key = projectKey(root, {});
  const now = Date.now();
  for (let row = 0; row < frame.rows; row++) {
    log.append({
      ...{ id: `${prefix}-${row}`, time: now, request: prefix, role: "answer", abstained: false },
      model: { name: "skin", version, hash: model.identity.hash },
      patient: patientHash(key, `patient ${row}`),
      features: change(rawRowOf(frame, row)),
      probabilities: Object.fromEntries(
        model.classes.map((name, code) => [name, proba[row * model.classes.length + code]!]),
      ),
    });
  }
  await log.close();
  model.dispose();
  return Array.from(target.codes, (code) => target.classes[code]!);
}

/** The registered model as the registry has it. */
export async function registered({ root }: Pick<TestProject, "root">): Promise<{
  readonly champion: ModelVersion | null;
  readonly versions: readonly ModelVersion[];
  readonly records: ReturnType<typeof readTrail>["records"];
}> {
  const registry = openEmbeddedRegistry({ folder: join(root, "mlruns"), notify() {}, readOnly: true });
  try {
    const { model, champion, versions } = await readState(registry, "skin");
    return { champion, versions, records: readTrail(model, versions).records };
  } finally {
    registry.close();
  }
}
