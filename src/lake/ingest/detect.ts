import { UserError } from "../../core/errors.ts";
import type { LakeReader } from "../../core/lake.ts";
import { type Readers, readers } from "../formats/index.ts";
import { nearest } from "../source.ts";

/** @throws UserError for an id that there is not */
export async function readerOf(id: string, more: Readers = {}): Promise<LakeReader> {
  const all = { ...readers, ...more };
  const load = all[id];
  if (load !== undefined) return load();
  const near = nearest(id, Object.keys(all));
  throw new UserError(`there is no format ${JSON.stringify(id)}`, {
    where: "--format",
    fix: near === undefined ? `They are ${Object.keys(all).join(", ")}.` : `Did you mean ${near}?`,
  });
}

/** The reader that is surest of a file by its name and first bytes; undefined when none knows it. */
export async function detect(name: string, head: Uint8Array, more: Readers = {}): Promise<LakeReader | undefined> {
  let best: LakeReader | undefined;
  let most = 0;
  for (const load of Object.values({ ...readers, ...more })) {
    const reader = await load();
    const sure = reader.detect(name, head);
    if (sure > most) [best, most] = [reader, sure];
  }
  return best;
}
