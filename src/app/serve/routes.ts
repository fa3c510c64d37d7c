/** The routes that need more than a model: the clinical ones and the page. */
import type { Routes } from "../../serving/context.ts";
import type { Project } from "../project.ts";

export async function serviceRoutes(
  project: Project,
  options: { readonly knowledge?: string; readonly mapping?: string },
): Promise<Routes[]> {
  const [{ clinicalRoutes }, { caseOf }, { openApiRoutes }, { pageRoutes }, { pageTerms }] = await Promise.all([
    import("../../serving/clinical/routes.ts"),
    import("../../lake/phenopackets/packet.ts"),
    import("../../serving/openapi/routes.ts"),
    import("../../serving/page/routes.ts"),
    import("./page-terms.ts"),
  ]);
  const { mapping } = options;
  return [
    clinicalRoutes({
      phenopacket: (value) => caseOf(value, "request", "request"),
      ...(mapping !== undefined && { mapping: (await import("../predict/mapping.ts")).readMapping(project, mapping) }),
    }),
    openApiRoutes,
    pageRoutes({ terms: pageTerms(project, options.knowledge) }),
  ];
}
