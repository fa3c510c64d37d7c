import type { Project } from "../project.ts";
import type { ServeOptions, Serving } from "./options.ts";

/**
 * Serves a model over HTTP.
 * @throws UserError when the model cannot be used, the port is taken, or the settings are not sensible
 */
export async function serve(project: Project, options: ServeOptions): Promise<Serving> {
  // Loaded here, as no other command needs an HTTP server.
  const { startServing } = await import("./start.ts");
  return await startServing(project, options);
}
