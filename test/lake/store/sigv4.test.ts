import { expect, test } from "vitest";
import { signS3 } from "../../../src/lake/store/sigv4.ts";

const KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TIME = Date.UTC(2013, 4, 24);

test("a GET and a list have the signatures of Amazon's examples", () => {
  const base = "https://examplebucket.s3.amazonaws.com";
  const get = { method: "GET", url: new URL(`${base}/test.txt`), headers: { range: "bytes=0-9" }, bodyHash: EMPTY };
  expect(signS3(get, KEYS, "us-east-1", TIME).authorization).toContain(
    "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
  const list = { method: "GET", url: new URL(`${base}/?max-keys=2&prefix=J`), headers: {}, bodyHash: EMPTY };
  expect(signS3(list, KEYS, "us-east-1", TIME).authorization).toContain(
    "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
});
