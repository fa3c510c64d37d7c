import { createHmac, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UserError } from "../core/errors.ts";
import { ifThere } from "./if-there.ts";

/** Characters of a key that can be taken for a secret. */
const SHORTEST = 16;

/**
 * The secret with which a project hashes patients' keys: DISEASE_PROJECT_KEY, else what `.disease/project.key` holds, which is made by
 * the first caller (owner only, ignored by git). Services that share a log must share it: else a patient has two hashes.
 * @throws UserError when it is too short, or can neither be read nor be made
 */
export function projectKey(root: string, env: NodeJS.ProcessEnv = process.env): string {
  const path = join(root, ".disease", "project.key");
  const given = env.DISEASE_PROJECT_KEY?.trim();
  if (given) return checked(given, "DISEASE_PROJECT_KEY");
  try {
    return checked(ifThere(() => read(path)) ?? make(root, path), path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the project's key cannot be made: ${messageOf(error)}`, {
      where: path,
      fix: "Set DISEASE_PROJECT_KEY, or let the program write there.",
    });
  }
}

/** HMAC-SHA-256 of a patient's key, hex. Without the project's key nobody can tell who it is by trying. */
export function patientHash(key: string, patient: string): string {
  return createHmac("sha256", key).update(patient).digest("hex");
}

function checked(key: string, where: string): string {
  if (key.length >= SHORTEST) return key;
  throw new UserError(`the project's key is too short: it has ${key.length} characters`, {
    where,
    fix: `Take ${SHORTEST} at least, e.g. from: openssl rand -hex 32`,
  });
}

const read = (path: string): string => readFileSync(path, "utf8").trim();

/** Of several who make it at once, the first one's holds. */
function make(root: string, path: string): string {
  const folder = join(root, ".disease");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeOnce(join(folder, ".gitignore"), "*\n");
  writeOnce(path, `${randomBytes(32).toString("hex")}\n`);
  return read(path);
}

/** Makes a file with all of its content at once, unless it is there. */
function writeOnce(path: string, text: string): void {
  const part = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const file = openSync(part, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(part, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(part, { force: true });
  }
}
