import type { ClientOptions } from "../client.ts";
import { invalid } from "../errors.ts";
import type { Headers, Signable } from "../http/http.ts";
import { type Env, homeFile, iniSections, readable, variable } from "./env.ts";
import { type AwsCredentials, signV4 } from "./sigv4.ts";

export type CredentialsSource = () => AwsCredentials | Promise<AwsCredentials>;

export interface SignerOptions {
  readonly region: string;
  readonly service: string;
  readonly credentials: CredentialsSource;
}

/** Signs every attempt anew: signatures are valid for minutes. */
export function awsSigner({ region, service, credentials }: SignerOptions): (request: Signable) => Promise<Headers> {
  return async (request) =>
    signV4(request, await credentials(), { region, service, time: Date.now(), signBodyHash: true });
}

/**
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile AWS_PROFILE (else "default") of
 * AWS_SHARED_CREDENTIALS_FILE (else ~/.aws/credentials), read anew each time.
 */
export function environmentCredentials(env: Env): CredentialsSource {
  return () => {
    const accessKeyId = variable(env, "AWS_ACCESS_KEY_ID");
    const secretAccessKey = variable(env, "AWS_SECRET_ACCESS_KEY");
    if (accessKeyId !== undefined && secretAccessKey !== undefined) {
      return withToken(accessKeyId, secretAccessKey, variable(env, "AWS_SESSION_TOKEN"));
    }
    const file = variable(env, "AWS_SHARED_CREDENTIALS_FILE");
    const text = file === undefined ? homeFile(env, ".aws", "credentials") : readable(file);
    const profile = variable(env, "AWS_PROFILE") ?? "default";
    const section = iniSections(text ?? "")[profile] ?? {};
    const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = section;
    if (id === undefined || secret === undefined) {
      throw invalid(
        `There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give profile ${profile} in ~/.aws/credentials`,
      );
    }
    return withToken(id, secret, token);
  };
}

/** What AWS calls the tracking server: arn:aws:sagemaker:REGION:ACCOUNT:mlflow-tracking-server/NAME (or mlflow-app/ID). */
const ARN = /^arn:(aws|aws-us-gov):sagemaker:([a-z0-9-]+):(\d+):(mlflow-tracking-server|mlflow-app)\/([A-Za-z0-9-]+)$/;

/**
 * SageMaker's managed MLflow, by the tracking server's ARN: requests go to the region's endpoint, name the server in
 * a header and are signed for the service "sagemaker-mlflow". SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT replaces the endpoint.
 * @throws MlflowError of kind "invalid" for an ARN that is none
 */
export function sagemakerOptions(
  arn: string,
  env: Env,
  credentials: CredentialsSource = environmentCredentials(env),
): ClientOptions {
  if (arn.includes("#"))
    throw invalid("Roles within the ARN are not taken on: give the role's own temporary credentials");
  const [, , region] = ARN.exec(arn) ?? [];
  if (region === undefined) {
    throw invalid(
      `${JSON.stringify(arn)} is not the ARN of an MLflow tracking server: arn:aws:sagemaker:REGION:ACCOUNT:mlflow-tracking-server/NAME`,
    );
  }
  return {
    baseUrl: variable(env, "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT") ?? `https://${region}.experiments.sagemaker.aws`,
    headers: { "x-mlflow-sm-tracking-server-arn": arn },
    sign: awsSigner({ region, service: "sagemaker-mlflow", credentials }),
    traits: { name: "sagemaker" },
  };
}

function withToken(accessKeyId: string, secretAccessKey: string, sessionToken: string | undefined): AwsCredentials {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
