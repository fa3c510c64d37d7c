/** The page at / and what it asks besides a diagnosis: GET /v1/terms and GET /v1/model. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServedModel } from "../../core/serving/serving.ts";
import type { TermSearch } from "../../core/serving/term-search.ts";
import type { Routes } from "../context.ts";
import { badRequest } from "../refusal.ts";
import { type Asset, loadAssets, PAGE_HEADERS } from "./assets.ts";
import { describeModel } from "./form.ts";

export interface PageOptions {
  /** Search over the terms that a model knows; null where it knows none. Called for each request: to be kept by who gives it. */
  terms(model: ServedModel): Promise<TermSearch | null>;
}

const MOST_IDS = 200;

export const TermsQuery = z.object({
  q: z.string().max(200).default("").describe("What is typed"),
  id: z
    .string()
    .max(4000)
    .optional()
    .describe(`Ids whose labels are wanted in place of a search, separated by commas; at most ${MOST_IDS}`),
  lang: z
    .string()
    .regex(/^[a-z]{2,3}$/)
    .default("en"),
  limit: z.coerce.number().int().min(1).max(50).default(10),
});

export const TermsAnswer = z.object({
  terms: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      lang: z.string().describe("Language of the label: English where there is no translation"),
      matched: z.string().optional().describe("The label or synonym that was met"),
    }),
  ),
});

/** The page, its files and its two services. */
export const pageRoutes =
  ({ terms }: PageOptions): Routes =>
  (app, context) => {
    const assets = loadAssets();
    const send = (asset: Asset) => async (request: FastifyRequest, reply: FastifyReply) => {
      reply.headers(PAGE_HEADERS).header("etag", asset.etag);
      if (request.headers["if-none-match"] === asset.etag) return reply.code(304).send();
      return reply.type(asset.type).send(asset.bytes);
    };
    const config = { access: "open" } as const;
    app.get("/", { config }, send(assets.get("page.html")!));
    for (const asset of assets.values())
      if (asset.name !== "page.html") app.get(`/page/${asset.name}`, { config }, send(asset));

    app.get("/v1/model", async () => {
      using lease = context.current();
      return describeModel(lease.model, await terms(lease.model));
    });

    app.get("/v1/terms", async (request): Promise<z.infer<typeof TermsAnswer>> => {
      const asked = TermsQuery.safeParse(request.query);
      if (!asked.success)
        throw badRequest(asked.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
      const { q, id, lang, limit } = asked.data;
      using lease = context.current();
      const search = await terms(lease.model);
      if (search === null) return { terms: [] };
      if (id === undefined) return { terms: [...search.search(q, { lang, limit })] };
      const known = id
        .split(",")
        .slice(0, MOST_IDS)
        .map((one) => ({ id: one, ...search.labelOf(one, lang) }));
      return {
        terms: known.flatMap(({ label, lang: own, ...one }) =>
          label === undefined || own === undefined ? [] : [{ ...one, label, lang: own }],
        ),
      };
    });
  };
