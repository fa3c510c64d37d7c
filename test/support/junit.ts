import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { venvPython } from "./venv.ts";

export interface JunitCase {
  readonly suite: string;
  readonly name: string;
  readonly classname: string;
  /** Message of its failure; null where it passed. */
  readonly failure: string | null;
}

/**
 * The test cases of a JUnit report as another XML parser (expat) reads it.
 * @throws Error when it is not well-formed, or not what Jenkins' junit-10.xsd allows
 */
export async function readJunit(xml: string | Uint8Array): Promise<readonly JunitCase[]> {
  const script = join(import.meta.dirname, "..", "fixtures", "reports", "check_junit.py");
  const { status, stdout, stderr } = spawnSync(await venvPython("reference"), [script], {
    input: xml,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
