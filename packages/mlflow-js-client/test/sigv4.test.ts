import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { signV4 } from "../src/index.ts";

/** AWS's published test suite for Signature Version 4 (aws-sig-v4-test-suite): its key, date, region and service. */
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const SCOPE = { region: "us-east-1", service: "service", time: Date.UTC(2015, 7, 30, 12, 36) };
const TOKEN =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/" +
  "qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVq" +
  "r7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

function sign(method: string, target: string, headers: Record<string, string> = {}, body = "", sessionToken?: string) {
  const bodySha256 = createHash("sha256").update(body).digest("hex");
  const request = { method, url: new URL(`https://example.amazonaws.com${target}`), headers, bodySha256 };
  return signV4(request, sessionToken === undefined ? CREDENTIALS : { ...CREDENTIALS, sessionToken }, SCOPE);
}

describe("signatures are those of AWS's test suite:", () => {
  test.each([
    [
      "get-vanilla",
      "GET",
      "/",
      {},
      "",
      "host;x-amz-date",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ],
    [
      "get-unreserved",
      "GET",
      "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      {},
      "",
      "host;x-amz-date",
      "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ],
    [
      "get-slashes",
      "GET",
      "//example//",
      {},
      "",
      "host;x-amz-date",
      "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ],
    [
      "get-vanilla-query-order-key-case",
      "GET",
      "/?Param2=value2&Param1=value1",
      {},
      "",
      "host;x-amz-date",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "get-vanilla-query-order-value",
      "GET",
      "/?Param1=value2&Param1=value1",
      {},
      "",
      "host;x-amz-date",
      "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
    ],
    [
      "get-vanilla-utf8-query",
      "GET",
      "/?ሴ=bar",
      {},
      "",
      "host;x-amz-date",
      "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ],
    [
      "get-header-value-trim",
      "GET",
      "/",
      { "my-header1": " value1", "my-header2": ' "a   b   c"' },
      "",
      "host;my-header1;my-header2;x-amz-date",
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ],
    [
      "post-vanilla",
      "POST",
      "/",
      {},
      "",
      "host;x-amz-date",
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ],
    [
      "post-x-www-form-urlencoded",
      "POST",
      "/",
      { "content-type": "application/x-www-form-urlencoded" },
      "Param1=value1",
      "content-type;host;x-amz-date",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
  ])("%s", (_, method, target, headers, body, signedHeaders, signature) => {
    expect(sign(method, target, headers as Record<string, string>, body).authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
  });

  test("post-sts-header-before", () => {
    const headers = sign("POST", "/", {}, "", TOKEN);
    expect(headers["x-amz-security-token"]).toBe(TOKEN);
    expect(headers.authorization).toContain(
      "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    );
  });
});

test("a path that is encoded on the wire is encoded once more in what is signed", () => {
  const plain = sign("GET", "/a%20b").authorization;
  expect(plain).not.toBe(sign("GET", "/a%2520b").authorization);
  expect(plain).toBe(sign("GET", "/a%20b").authorization);
});
