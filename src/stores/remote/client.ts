import { type ConnectOptions, connect, type MlflowClient, MlflowError } from "mlflow-js-client";
import { UserError } from "../../core/errors.ts";

export interface RemoteOptions extends Pick<ConnectOptions, "env" | "timeout" | "retry"> {
  /** A tracking URI of a server: http(s)://…, databricks, azureml://… or a SageMaker ARN. */
  readonly uri: string;
}

/**
 * A client of the server, and its address without credentials.
 * @throws UserError when the address is wrong or credentials are missing
 */
export function openClient({ uri, ...options }: RemoteOptions): { client: MlflowClient; shown: string } {
  const shown = uri.replace(/^([a-z]+:\/\/)[^/@]*@/, "$1");
  try {
    return { client: connect({ uri, userAgent: "disease", ...options }), shown };
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error;
    throw new UserError(error.message, { where: shown, cause: error });
  }
}
