import { MlflowError } from "../errors.ts";
import { bytesBody, createHttp } from "../http/http.ts";
import { DEFAULT_RETRY } from "../http/retry.ts";
import { numberOf, textOf } from "../json.ts";

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
}

/** A token of OAuth's client-credentials grant, asked for when it is needed and again shortly before it ends. */
export function clientCredentialsToken(credentials: ClientCredentials): () => Promise<string> {
  let current: Promise<{ token: string; until: number }> | undefined;
  return async () => {
    let got = await current;
    if (got === undefined || got.until <= Date.now()) {
      current = fetchToken(credentials);
      current.catch(() => {
        current = undefined;
      });
      got = await current;
    }
    return got.token;
  };
}

async function fetchToken({
  tokenUrl,
  clientId,
  clientSecret,
  scope,
}: ClientCredentials): Promise<{ token: string; until: number }> {
  const url = new URL(tokenUrl);
  const http = createHttp({
    baseUrl: url.origin,
    userAgent: "mlflow-js-client",
    timeout: 30_000,
    retry: DEFAULT_RETRY,
  });
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  });
  try {
    const json = await http.json({
      method: "POST",
      path: url.pathname,
      body: bytesBody(Buffer.from(form.toString())),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const token = textOf(json.access_token);
    if (token === "")
      throw new MlflowError("The answer holds no access_token", { kind: "protocol", endpoint: `POST ${url.pathname}` });
    const seconds = numberOf(json.expires_in) || 3600;
    return { token, until: Date.now() + Math.max(0, seconds - 120) * 1000 };
  } finally {
    http.close();
  }
}
