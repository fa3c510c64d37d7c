/** Archives as the sources that they hold. Nothing is unpacked to a name that the archive says. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { UserError } from "../../core/errors.ts";
import type { ByteSource } from "../../core/lake.ts";
import { unpacking } from "../source.ts";
import { listZip, unzip, type ZipPlace } from "./zip.ts";

/** In place of a reader: what a file holds is found out entry by entry. */
export interface Archive {
  readonly kind: "archive";
  readonly id: "zip" | "gzip";
}

export interface ArchiveLimits {
  /** Bytes that all entries of one archive may have together. */
  readonly maxUnpacked: number;
}

/** When the user says nothing. */
export const MAX_UNPACKED = 100e9;
/** No clinical data is packed so well; an entry of up to this many bytes may be. */
const [MAX_RATIO, RATIO_FROM] = [400, 64 << 20];
const UNPACK = "Unpack it and give the folder.";

/** By the first bytes; Excel files are ZIP archives too, but not for us. */
export function archiveOf(name: string, head: Uint8Array): Archive | undefined {
  if (/\.(xlsx|xlsm)$/i.test(name)) return undefined;
  if (isGzip(head)) return { kind: "archive", id: "gzip" };
  return isZip(head) ? { kind: "archive", id: "zip" } : undefined;
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;
const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));

/**
 * The sources in an archive, by names such as "export.zip/Patient.ndjson"; "labs.csv.gz" holds "labs.csv".
 * @throws UserError for entries that are encrypted, links, there twice, outside of the archive, or unpack to too much
 */
export function entriesIn(
  { kind: _, id }: Archive,
  file: { readonly path: string; readonly name: string; readonly bytes: number },
  limits: ArchiveLimits,
): readonly ByteSource[] {
  if (id === "gzip") return [gunzipped(file, limits)];
  const places = listZip(file.path)
    .filter(({ name }) => !isJunk(name))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  refuseUnsafe(places, file.name);
  const total = places.reduce((sum, { unpacked }) => sum + unpacked, 0);
  if (total > limits.maxUnpacked) throw tooLarge(file.name, limits);
  return places.map((place) => ({
    name: `${file.name}/${place.name}`,
    bytes: place.unpacked,
    open: () => {
      const budget = watch(`${file.name}/${place.name}`, place.packed, limits);
      return unzip(file.path, place, budget);
    },
  }));
}

function gunzipped(
  file: { readonly path: string; readonly name: string; readonly bytes: number },
  limits: ArchiveLimits,
): ByteSource {
  const name = file.name.replace(/\.gz$/i, "");
  if (/\.(tar|tgz)$/i.test(name)) {
    throw new UserError("tar archives are not read", { where: file.name, fix: UNPACK });
  }
  return {
    name,
    async *open() {
      const tell = watch(file.name, file.bytes, limits);
      const packed = createReadStream(file.path, { highWaterMark: 1 << 18 });
      try {
        for await (const chunk of unpacking(packed, createGunzip({ chunkSize: 1 << 18 }))) {
          tell((chunk as Buffer).length);
          yield chunk as Buffer;
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") !== true) throw error;
        throw new UserError("the file is cut or broken: it cannot be unpacked", {
          where: file.name,
          fix: "Copy it again; `gzip -t FILE` finds what is wrong.",
        });
      } finally {
        packed.destroy();
      }
    },
  };
}

/** Counts what is unpacked: the sizes that an archive says may be lies. */
function watch(where: string, packed: number, limits: ArchiveLimits): (bytes: number) => void {
  let unpacked = 0;
  return (bytes) => {
    unpacked += bytes;
    if (unpacked > limits.maxUnpacked) throw tooLarge(where, limits);
    if (unpacked > RATIO_FROM && unpacked > packed * MAX_RATIO) {
      throw new UserError(`it unpacks to more than ${MAX_RATIO} times its size: a zip bomb?`, { where, fix: UNPACK });
    }
  };
}

const tooLarge = (where: string, { maxUnpacked }: ArchiveLimits): UserError =>
  new UserError(`it unpacks to more than ${maxUnpacked} bytes`, {
    where,
    fix: "Raise the limit, e.g. --max-unpacked 500GB, if you trust the archive.",
  });

/** What macOS and other systems add. */
const isJunk = (name: string): boolean => name.split("/").some((part) => part === "__MACOSX" || /^\.[^.]/.test(part));

function refuseUnsafe(places: readonly ZipPlace[], archive: string): void {
  const seen = new Set<string>();
  for (const { name, isEncrypted, isLink } of places) {
    const where = `${archive}/${name}`;
    const refuse = (message: string, fix: string): never => {
      throw new UserError(message, { where, fix });
    };
    if (/^([/\\]|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes("..") || name.includes("\0")) {
      refuse("the entry's path leaves the archive", "Do not trust the archive; ask who made it.");
    }
    if (isLink) refuse("the entry is a symbolic link", UNPACK);
    if (isEncrypted) refuse("the entry is encrypted", UNPACK);
    if (seen.has(name)) refuse("the archive has two entries of this name", UNPACK);
    if (/\.(zip|gz|tgz|bz2|xz|zst|7z|rar|tar)$/i.test(name)) refuse("the archive holds an archive", UNPACK);
    seen.add(name);
  }
}
