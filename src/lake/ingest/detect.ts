import { UserError } from "../../core/errors.ts";
import type { ByteSource, LakeReader } from "../../core/lake.ts";
import { readers } from "../formats/index.ts";
import { nearest } from "../source.ts";
import { headOf } from "./sources.ts";

/** @throws UserError for an id that there is not */
export async function readerOf(id: string): Promise<LakeReader> {
  const load = readers[id];
  if (load !== undefined) return load();
  const near = nearest(id, Object.keys(readers));
  throw new UserError(`there is no format ${JSON.stringify(id)}`, {
    where: "--format",
    fix: near === undefined ? `They are ${Object.keys(readers).join(", ")}.` : `Did you mean ${near}?`,
  });
}

/** The reader that is surest of a source; undefined when none knows it. */
export async function detect(source: ByteSource): Promise<LakeReader | undefined> {
  const head = await headOf(source);
  let best: LakeReader | undefined;
  let most = 0;
  for (const load of Object.values(readers)) {
    const reader = await load();
    const sure = reader.detect(source.name, head);
    if (sure > most) [best, most] = [reader, sure];
  }
  return best;
}
