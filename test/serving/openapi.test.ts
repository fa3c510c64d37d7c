import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { OpenApiDocument } from "../../src/serving/openapi/doc.ts";
import { casesModel, startClinical } from "../support/serving/clinical.ts";
import { ageModel, type TestService } from "../support/serving/serving.ts";

async function documentOf({ app }: TestService): Promise<OpenApiDocument> {
  const response = await app.inject({ method: "GET", url: "/openapi.json" });
  expect(response.statusCode).toBe(200);
  return response.json();
}

/** The parts of https://spec.openapis.org/oas/3.1/schema/2022-10-07 that the document uses. */
const ESSENTIALS = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "fixtures", "serving", "openapi-3.1-essentials.json"), "utf8"),
);

const operations = ({ paths }: OpenApiDocument) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test.each(["a table", "cases"])(
  "the document for %s is valid OpenAPI 3.1, and so is every schema in it",
  async (kind) => {
    await using service = startClinical({ model: kind === "cases" ? await casesModel() : ageModel() });
    const document = await documentOf(service);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    expect(ajv.validate(ESSENTIALS, document), JSON.stringify(ajv.errors)).toBe(true);
    const ids = operations(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of operations(document)) {
      const bodies = [
        operation.requestBody?.content,
        ...Object.values(operation.responses).map(({ content }) => content),
      ];
      for (const content of bodies.flatMap((each) => Object.values(each ?? {}))) {
        expect(ajv.validateSchema(content.schema)).toBe(true);
      }
    }
  },
);

test.each(["a table", "cases"])(
  "every example in the document for %s fits its schema and is answered as its schema says",
  async (kind) => {
    await using service = startClinical({ model: kind === "cases" ? await casesModel() : ageModel() });
    const document = await documentOf(service);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    let count = 0;
    for (const { path, operation } of operations(document)) {
      for (const [type, { schema, examples = {} }] of Object.entries(operation.requestBody?.content ?? {})) {
        for (const { value } of Object.values(examples)) {
          expect(ajv.validate(schema, value), JSON.stringify(ajv.errors)).toBe(true);
          const payload = JSON.stringify(value);
          const response = await service.app.inject({
            ...{ method: "POST", url: path, payload, headers: { "content-type": type } },
          });
          expect(response.statusCode, response.payload).toBe(200);
          const answer = operation.responses["200"]!.content!["application/json"]!.schema;
          expect(ajv.validate(answer, response.json()), JSON.stringify(ajv.errors)).toBe(true);
          count++;
        }
      }
    }
    expect(count).toBe(3);
  },
);

test("what is refused is answered as the schema of problems says", async () => {
  await using service = startClinical();
  const document = await documentOf(service);
  const response = await service.app.inject({
    ...{ method: "POST", url: "/v1/diagnose", payload: "[]", headers: { "content-type": "application/json" } },
  });
  const ajv = new Ajv2020({ strict: false });
  const { schema } = document.paths["/v1/diagnose"]!.post!.responses["422"]!.content!["application/problem+json"]!;
  expect(response.statusCode).toBe(422);
  expect(ajv.validate(schema, response.json()), JSON.stringify(ajv.errors)).toBe(true);
});

test("every route that the service has is in the document", async () => {
  await using service = startClinical();
  const document = await documentOf(service);
  await service.app.ready();
  for (const { path, method } of operations(document)) {
    if (path === "/v1/model" || path === "/v1/terms") continue; // of the page, which is not here
    expect(service.app.hasRoute({ url: path, method: method.toUpperCase() as "GET" }), path).toBe(true);
  }
});

test("the page names every route, asks nothing of other places and runs no script", async () => {
  await using service = startClinical();
  const document = await documentOf(service);
  const response = await service.app.inject({ method: "GET", url: "/docs" });
  expect(response.statusCode).toBe(200);
  const html = response.payload;
  for (const { path, method } of operations(document)) expect(html).toContain(`${method.toUpperCase()} ${path}`);
  expect(html).not.toMatch(/<script|https?:\/\/[^"]*"\s*>|src=/);
  expect(html.match(/(?:href)="([^"#]*)"/g)).toEqual(['href="docs/style.css"', 'href="openapi.json"']);
  expect(response.headers["content-security-policy"]).toContain("default-src 'none'");
  const style = await service.app.inject({ method: "GET", url: "/docs/style.css" });
  expect(style.headers["content-type"]).toContain("text/css");
});

test("where there are tokens the document asks for one, and says so", async () => {
  const digest = Buffer.alloc(32);
  await using service = startClinical({ settings: { tokens: [{ digest, expires: null }] } });
  const response = await service.app.inject({ method: "GET", url: "/openapi.json" });
  expect(response.statusCode).toBe(401);
});
