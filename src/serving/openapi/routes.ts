/** GET /openapi.json and GET /docs. Where there are tokens they ask for one: the document names the model's columns and classes. */
import { VERSION } from "../../core/build.ts";
import type { Routes } from "../context.ts";
import { describeRoutes } from "./describe.ts";
import { type OpenApiDocument, openApiDocument } from "./doc.ts";
import { docsPage, STYLE } from "./page.ts";

const DESCRIPTION =
  "Estimates of diseases by a statistical model, for clinicians and the programs they use. Not a diagnosis. Requests are not kept; predictions are, with the patient's key hashed, where the operator says so.";

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};

export const openApiRoutes: Routes = (app, context) => {
  const document = (): OpenApiDocument => {
    using lease = context.current();
    const hasTokens = context.settings.tokens.length > 0;
    return openApiDocument(describeRoutes(lease.model), { version: VERSION, description: DESCRIPTION, hasTokens });
  };
  app.get("/openapi.json", (_request, reply) => reply.type("application/json").send(JSON.stringify(document())));
  app.get("/docs", (_request, reply) =>
    reply.headers(HEADERS).type("text/html; charset=utf-8").send(docsPage(document())),
  );
  app.get("/docs/style.css", { config: { access: "open" } }, (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(STYLE),
  );
};
