/** OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1) from the zod schemas of routes. */
import { z } from "zod";
import type { Access } from "../context.ts";

export interface BodyDoc {
  readonly schema: z.ZodType;
  /** By a name of letters and digits; each is a body that the service answers. */
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
}

/** What the document says of a route. */
export interface RouteDoc {
  readonly method: "get" | "post";
  readonly path: string;
  /** Unique, for generated clients. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly query?: z.ZodObject;
  /** By media type. */
  readonly body?: Readonly<Record<string, BodyDoc>>;
  /** By status. */
  readonly answers: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, BodyDoc>> }>
  >;
}

export interface DocumentInfo {
  readonly version: string;
  readonly description: string;
  /** Whether callers name a token. */
  readonly hasTokens: boolean;
}

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Json;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: "query";
    readonly required: boolean;
    readonly description?: string;
    readonly schema: Json;
  }[];
  readonly requestBody?: { readonly required: true; readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
  readonly security?: readonly Json[];
}

interface Content {
  readonly schema: Json;
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
}

export function openApiDocument(routes: readonly RouteDoc[], info: DocumentInfo): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, info.hasTokens) };
  }
  const { version, description } = info;
  return {
    openapi: "3.1.1",
    info: { title: "disease", version, description },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: info.hasTokens ? { securitySchemes: { token: { type: "http", scheme: "bearer" } } } : {},
  };
}

function operation(route: RouteDoc, hasTokens: boolean): Operation {
  const { id, tag, summary, description, query, body, answers, access } = route;
  return {
    ...{ operationId: id, tags: [tag], summary },
    ...(description !== undefined && { description }),
    ...(query && { parameters: parametersOf(query) }),
    ...(body && { requestBody: { required: true, content: contentOf(body, "input") } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [
        status,
        { description: answer.description, ...(answer.content && { content: contentOf(answer.content, "output") }) },
      ]),
    ),
    ...(hasTokens && { security: access === "token" ? [{ token: [] }] : [] }),
  };
}

function parametersOf(query: z.ZodObject): Operation["parameters"] {
  const schema = jsonSchema(query, "input") as {
    readonly properties: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(schema.properties).map(([name, { description, ...rest }]) => ({
    ...{ name, in: "query" as const, required: schema.required?.includes(name) === true },
    ...(typeof description === "string" && { description }),
    schema: rest,
  }));
}

const contentOf = (
  bodies: Readonly<Record<string, BodyDoc>>,
  io: "input" | "output",
): Readonly<Record<string, Content>> =>
  Object.fromEntries(
    Object.entries(bodies).map(([type, { schema, examples }]) => [
      type,
      { schema: jsonSchema(schema, io), ...(examples && { examples }) },
    ]),
  );

/** JSON Schema 2020-12, which is OpenAPI 3.1's. */
function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
