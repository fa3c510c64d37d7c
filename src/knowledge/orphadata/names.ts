/** Orphanet's names and cross references, English (en_product1) or Spanish (es_product1), kept in the cache by the hash of the file. */
import { cached } from "../cache.ts";
import { hashFile } from "../source.ts";
import { readDisorders, WHERE_ORPHADATA } from "./disorders.ts";
import { type Described, describedOf } from "./products.ts";

export interface OrphanetNames {
  /** "2025-12-09"; empty where the file does not say. */
  readonly date: string;
  readonly hash: string;
  /** By "ORPHA:558"; groups of diseases are among them. */
  readonly disorders: ReadonlyMap<string, Described>;
}

/** To be raised when what is kept changes. */
const FORMAT = "names-v1";

/** @throws UserError as `readDisorders` does */
export async function readNames(path: string, cache: string | undefined): Promise<OrphanetNames> {
  const hash = await hashFile(path, "product of Orphanet", WHERE_ORPHADATA);
  const { date, described } = await cached(cache, `${hash.slice(0, 16)}-${FORMAT}.json`, async () => {
    const described: Described[] = [];
    const product = await readDisorders(path, (one) => described.push(describedOf(one)));
    return { date: product.date, described };
  });
  return { date, hash, disorders: new Map(described.map((one) => [`ORPHA:${one.orpha}`, one])) };
}
