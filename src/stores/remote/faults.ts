import { MlflowError } from "mlflow-js-client";
import { ExitCode, UserError } from "../../core/errors.ts";

/**
 * Runs an action against a server; what the client throws becomes a UserError: exit code 2 for what is wrong with this one
 * request, 7 for what concerns the server or the way to it.
 * @param where the server's address, without credentials
 */
export async function guarded<T>(where: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof MlflowError ? faultOf(error, where) : error;
  }
}

function faultOf(error: MlflowError, where: string): UserError {
  if (error.kind === "invalid" || isOfRequest(error)) return new UserError(error.message, { where, cause: error });
  return new UserError(error.message, { where, exitCode: ExitCode.unreachable, fix: fixOf(error), cause: error });
}

/** A 404 without MLflow's code comes from something else than MLflow. */
function isOfRequest({ kind, status = 500, errorCode, retriable }: MlflowError): boolean {
  if (kind !== "api" || retriable || status >= 500 || status === 401 || status === 403) return false;
  return status !== 404 || errorCode !== undefined;
}

function fixOf({ kind, status }: MlflowError): string {
  if (status === 401 || status === 403) {
    return "Check the credentials: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.";
  }
  if (kind === "protocol" || status === 404) return "Check the address: it ends where /api begins.";
  return "Start the server, or check the address and the network, and try again.";
}
