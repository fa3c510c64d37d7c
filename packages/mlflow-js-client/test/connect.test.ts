import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { azuremlOptions } from "../src/connect/azureml.ts";
import { type ConnectOptions, connect, isRemoteUri, type MlflowClient, signV4 } from "../src/index.ts";
import { cut, json, refuse, standIn } from "./support/stand-in.ts";

/** A home without settings of the person who runs the tests. */
function emptyHome(files: Readonly<Record<string, string>> = {}): string {
  const home = mkdtempSync(join(tmpdir(), "mlflow-js-client-home-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(home, name, ".."), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  return home;
}

function opened(env: Record<string, string>, options: ConnectOptions = {}): MlflowClient {
  const client = connect({ env: { HOME: emptyHome(), ...env }, retry: { baseDelay: 0 }, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function recording() {
  return standIn((_, r) => json(r, { experiment: { experiment_id: "1" }, model_version_databricks: { version: "3" } }));
}

describe("plain MLflow", () => {
  test.each([
    ["a token", { MLFLOW_TRACKING_TOKEN: "t0k" }, "Bearer t0k"],
    [
      "a name and a password",
      { MLFLOW_TRACKING_USERNAME: "ana", MLFLOW_TRACKING_PASSWORD: "pw" },
      `Basic ${btoa("ana:pw")}`,
    ],
    [
      "both: the password wins, as in Python",
      { MLFLOW_TRACKING_TOKEN: "t", MLFLOW_TRACKING_USERNAME: "ana", MLFLOW_TRACKING_PASSWORD: "pw" },
      `Basic ${btoa("ana:pw")}`,
    ],
    ["nothing", {}, undefined],
  ])("by environment with %s", async (_, env, authorization) => {
    const server = await recording();
    await opened({ MLFLOW_TRACKING_URI: `${server.url}/base`, ...(env as Record<string, string>) }).experiments.get(
      "1",
    );
    expect(server.calls).toEqual(["GET /base/api/2.0/mlflow/experiments/get?experiment_id=1"]);
    expect(server.seen[0]!.headers.authorization).toBe(authorization);
  });

  test("with credentials in ~/.mlflow/credentials, or within the address", async () => {
    const server = await recording();
    const HOME = emptyHome({
      ".mlflow/credentials": "[mlflow]\nmlflow_tracking_username = ana\nmlflow_tracking_password = p=w\n",
    });
    await opened({ HOME, MLFLOW_TRACKING_URI: server.url }).experiments.get("1");
    const inAddress = opened({}, { uri: server.url.replace("//", "//bob:s%40fe@") });
    await inAddress.experiments.get("1");
    expect(inAddress.baseUrl).toBe(server.url);
    expect(server.seen.map((s) => s.headers.authorization)).toEqual([
      `Basic ${btoa("ana:p=w")}`,
      `Basic ${btoa("bob:s@fe")}`,
    ]);
  });

  test("with a workspace, a timeout and a number of retries", async () => {
    const server = await standIn((_, r) => refuse(r, 503, "TEMPORARILY_UNAVAILABLE"));
    const env = { MLFLOW_TRACKING_URI: server.url, MLFLOW_WORKSPACE: "team", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1" };
    await expect(opened(env).experiments.get("1")).rejects.toThrow();
    expect(server.seen.map((s) => s.headers["x-mlflow-workspace"])).toEqual(["team", "team"]);
  });

  test("behind an AWS gateway: signed for execute-api", async () => {
    const server = await recording();
    await opened({
      MLFLOW_TRACKING_URI: server.url,
      MLFLOW_TRACKING_AWS_SIGV4: "true",
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AK",
      AWS_SECRET_ACCESS_KEY: "SK",
    }).experiments.get("1");
    expect(server.seen[0]!.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AK\/\d{8}\/eu-west-1\/execute-api\/aws4_request/,
    );
  });
});

describe("GitLab", () => {
  test.each([
    ["MLFLOW_TRACKING_TOKEN", "authorization", "Bearer glpat-1"],
    ["GITLAB_TOKEN", "private-token", "glpat-1"],
  ])("with %s", async (name, header, value) => {
    const server = await recording();
    const client = opened({ MLFLOW_TRACKING_URI: `${server.url}/api/v4/projects/42/ml/mlflow/`, [name]: "glpat-1" });
    await client.runs.logParam("r", "a", "1");
    expect(client.traits.name).toBe("gitlab");
    expect(server.calls).toEqual(["POST /api/v4/projects/42/ml/mlflow/api/2.0/mlflow/runs/log-parameter"]);
    expect(server.seen[0]!.headers[header]).toBe(value);
  });

  test("artifacts go to the project's package files, with the token", async () => {
    const server = await standIn((request, r) => (request.method === "GET" ? void r.end("bytes") : json(r, {})));
    const client = opened({
      MLFLOW_TRACKING_URI: `${server.url}/api/v4/projects/42/ml/mlflow`,
      GITLAB_TOKEN: "glpat-1",
    });
    const owner = { runId: "r", artifactUri: `${server.url}/api/v4/projects/42/packages/ml_models/candidate:1/files/` };
    await client.artifacts.upload(owner, "model/a b.bin", Buffer.from("bytes"));
    expect(Buffer.from(await client.artifacts.read(owner, "model/a b.bin")).toString()).toBe("bytes");
    const path = "/api/v4/projects/42/packages/ml_models/candidate:1/files/model/a%20b.bin";
    expect(server.calls).toEqual([`PUT ${path}`, `GET ${path}`]);
    expect(server.seen.map((s) => s.headers["private-token"])).toEqual(["glpat-1", "glpat-1"]);
  });

  test("without a token nothing is sent", () => {
    expect(() => opened({ MLFLOW_TRACKING_URI: "https://gitlab.example/api/v4/projects/1/ml/mlflow" })).toThrow(
      /GITLAB_TOKEN/,
    );
  });
});

describe("Databricks", () => {
  test("by DATABRICKS_HOST and _TOKEN; stages at their own endpoint, with a comment", async () => {
    const server = await recording();
    const client = opened({
      MLFLOW_TRACKING_URI: "databricks",
      DATABRICKS_HOST: `${server.url}/`,
      DATABRICKS_TOKEN: "dapi1",
    });
    const version = await client.modelVersions.transitionStage("m", "3", "Production", {
      archiveExisting: true,
      comment: "gate passed",
    });
    expect(version.version).toBe("3");
    expect(server.calls).toEqual(["POST /api/2.0/mlflow/databricks/model-versions/transition-stage"]);
    expect(server.seen[0]!.headers.authorization).toBe("Bearer dapi1");
    expect(server.seen[0]!.json()).toEqual({
      name: "m",
      version: "3",
      stage: "Production",
      archive_existing_versions: true,
      comment: "gate passed",
    });
  });

  test("by a profile of ~/.databrickscfg", async () => {
    const server = await recording();
    const HOME = emptyHome({
      ".databrickscfg": `[DEFAULT]\nhost = https://other.example\n\n[team]\nhost = ${server.url}\ntoken = dapi2\n`,
    });
    await opened({ HOME, DATABRICKS_HOST: "https://third.example" }, { uri: "databricks://team" }).experiments.get("1");
    expect(server.seen[0]!.headers.authorization).toBe("Bearer dapi2");
  });

  test("by a service principal: one token for many calls", async () => {
    const server = await standIn((request, r) =>
      json(r, request.url.startsWith("/oidc") ? { access_token: "oauth1", expires_in: 3600 } : { experiment: {} }),
    );
    const env = { DATABRICKS_HOST: server.url, DATABRICKS_CLIENT_ID: "id", DATABRICKS_CLIENT_SECRET: "s&cret" };
    const client = opened(env, { uri: "databricks" });
    await client.experiments.get("1");
    await client.experiments.get("1");
    expect(server.calls.map((c) => c.split("?")[0])).toEqual([
      "POST /oidc/v1/token",
      "GET /api/2.0/mlflow/experiments/get",
      "GET /api/2.0/mlflow/experiments/get",
    ]);
    expect(Object.fromEntries(new URLSearchParams(server.seen[0]!.body.toString()))).toEqual({
      grant_type: "client_credentials",
      client_id: "id",
      client_secret: "s&cret",
      scope: "all-apis",
    });
    expect(server.seen[2]!.headers.authorization).toBe("Bearer oauth1");
  });

  test("says what is missing", () => {
    expect(() => opened({}, { uri: "databricks" })).toThrow(/DATABRICKS_HOST/);
    expect(() => opened({ DATABRICKS_HOST: "https://a.example" }, { uri: "databricks" })).toThrow(/DATABRICKS_TOKEN/);
  });
});

describe("Azure ML", () => {
  const WORKSPACE =
    "/mlflow/v2.0/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws";

  test("the tracking URI is the address over https, below the workspace", () => {
    const { baseUrl } = azuremlOptions(`azureml://westeurope.api.azureml.ms${WORKSPACE}?`, {
      MLFLOW_TRACKING_TOKEN: "entra",
    });
    expect(baseUrl).toBe(`https://westeurope.api.azureml.ms${WORKSPACE}`);
    expect(() => azuremlOptions("azureml://westeurope", {})).toThrow(/az ml workspace show/);
    expect(() => azuremlOptions(`azureml://h${WORKSPACE}`, {})).toThrow(/AZURE_TENANT_ID/);
  });

  test("requests on the wire, with a service principal's token that is renewed when it ends", async () => {
    let issued = 0;
    const server = await standIn((request, r) =>
      json(r, request.url.includes("/oauth2/") ? { access_token: `entra${++issued}`, expires_in: 60 } : { run: {} }),
    );
    const env = {
      AZURE_TENANT_ID: "t-1",
      AZURE_CLIENT_ID: "c",
      AZURE_CLIENT_SECRET: "s",
      AZURE_AUTHORITY_HOST: server.url,
    };
    const client = opened(env, { uri: `azureml://h${WORKSPACE}`, ...azuremlOnto(server.url, env) });
    await client.runs.get("r");
    await client.runs.get("r");
    const get = `GET ${WORKSPACE}/api/2.0/mlflow/runs/get?run_id=r`;
    expect(server.calls).toEqual(["POST /t-1/oauth2/v2.0/token", get, "POST /t-1/oauth2/v2.0/token", get]);
    expect(new URLSearchParams(server.seen[0]!.body.toString()).get("scope")).toBe(
      "https://management.azure.com/.default",
    );
    expect(server.seen[3]!.headers.authorization).toBe("Bearer entra2");
  });

  /** The stand-in speaks http. */
  function azuremlOnto(url: string, env: Record<string, string>): ConnectOptions {
    const { baseUrl } = azuremlOptions(`azureml://h${WORKSPACE}`, env);
    return { baseUrl: baseUrl.replace("https://h", url) };
  }

  test("a token function of the caller's own", async () => {
    const server = await recording();
    const onto = azuremlOnto(server.url, { MLFLOW_TRACKING_TOKEN: "x" });
    await opened({}, { uri: `azureml://h${WORKSPACE}`, azureToken: async () => "mine", ...onto }).experiments.get("1");
    expect(server.seen[0]!.headers.authorization).toBe("Bearer mine");
  });
});

describe("SageMaker", () => {
  const ARN = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/team";
  const KEYS = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "SECRET", AWS_SESSION_TOKEN: "SESSION" };

  test("requests name the tracking server and are signed over what is on the wire", async () => {
    const server = await recording();
    const client = opened({ ...KEYS, SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: server.url }, { uri: ARN });
    await client.runs.setTag("r", "note", "é & ü");
    await client.experiments.getByName("a b/c+d");
    for (const { method, url, headers, body } of server.seen) {
      expect(headers).toMatchObject({ "x-mlflow-sm-tracking-server-arn": ARN, "x-amz-security-token": "SESSION" });
      const [, names, signature] = /SignedHeaders=([^,]+), Signature=(\w{64})$/.exec(headers.authorization!)!;
      expect(headers.authorization).toContain("/eu-west-1/sagemaker-mlflow/aws4_request");
      // sign again what arrived
      const date = String(headers["x-amz-date"]).replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5");
      const bodySha256 = String(headers["x-amz-content-sha256"]);
      expect(bodySha256).toBe(createHash("sha256").update(body).digest("hex"));
      const signed = Object.fromEntries(names!.split(";").map((name) => [name, String(headers[name])]));
      const again = signV4(
        { method, url: new URL(server.url + url), headers: signed, bodySha256 },
        { accessKeyId: "AKID", secretAccessKey: "SECRET", sessionToken: "SESSION" },
        { region: "eu-west-1", service: "sagemaker-mlflow", time: Date.parse(date), signBodyHash: true },
      );
      expect(again.authorization).toContain(`Signature=${signature}`);
      expect(names!.split(";")).toEqual(
        expect.arrayContaining(["host", "x-amz-content-sha256", "x-amz-date", "x-mlflow-sm-tracking-server-arn"]),
      );
    }
  });

  test("each attempt is signed anew, with credentials of the caller's own", async () => {
    let n = 0;
    const server = await standIn((_, r) => (n++ === 0 ? cut(r) : json(r, { experiment: {} })));
    let asked = 0;
    const awsCredentials = async () => ({ accessKeyId: `AK${++asked}`, secretAccessKey: "S" });
    await opened({ SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: server.url }, { uri: ARN, awsCredentials }).experiments.get("1");
    expect(server.seen.map((s) => /Credential=(\w+)/.exec(s.headers.authorization!)![1])).toEqual(["AK1", "AK2"]);
  });

  test("credentials of a profile", async () => {
    const server = await recording();
    const HOME = emptyHome({
      ".aws/credentials":
        "[default]\naws_access_key_id=no\n[team]\naws_access_key_id = AKP\naws_secret_access_key = SKP\n",
    });
    await opened(
      { HOME, AWS_PROFILE: "team", SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT: server.url },
      { uri: ARN },
    ).experiments.get("1");
    expect(server.seen[0]!.headers.authorization).toContain("Credential=AKP/");
    await expect(opened({}, { uri: ARN }).experiments.get("1")).rejects.toThrow(/AWS_ACCESS_KEY_ID/);
  });

  test("the region's endpoint is the default; a wrong ARN is said to be one", () => {
    expect(opened(KEYS, { uri: ARN }).baseUrl).toBe("https://eu-west-1.experiments.sagemaker.aws");
    expect(() => opened(KEYS, { uri: "arn:aws:s3:::bucket" })).toThrow(/mlflow-tracking-server/);
    expect(() => opened(KEYS, { uri: `${ARN}#arn:aws:iam::1:role/r` })).toThrow(/temporary credentials/);
  });
});

test("a URI of another kind is refused without showing its password", () => {
  expect(() => opened({}, { uri: "postgresql://ana:secret@db/mlflow" })).toThrow(/not one of a server/);
  expect(() => opened({}, { uri: "postgresql://ana:secret@db/mlflow" })).not.toThrow(/secret/);
  expect(() => opened({})).toThrow(/MLFLOW_TRACKING_URI/);
  expect(
    [
      "http://a",
      "databricks",
      "databricks://p",
      "azureml://x",
      "arn:aws:sagemaker:x",
      "sqlite:///a.db",
      "./mlruns",
    ].map(isRemoteUri),
  ).toEqual([true, true, true, true, true, false, false]);
});
