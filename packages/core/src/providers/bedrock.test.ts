import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AwsCredentialSource } from "./auth/aws-credentials.ts";
import { bedrockFrom, isBedrockConfigured, type BedrockOptions } from "./bedrock.ts";
import { providersFromEnv } from "./from-env.ts";
import type { Provider } from "./provider.ts";

const region = { AWS_REGION: "eu-west-1" };
const keys = { AWS_ACCESS_KEY_ID: "AKIACANARY", AWS_SECRET_ACCESS_KEY: "canary-secret" };
const noFile = { AWS_SHARED_CREDENTIALS_FILE: "/nowhere/credentials" };
const now = Date.UTC(2026, 0, 2);

const authorizationOf = async ({ auth, baseURL }: Provider): Promise<string | undefined> => {
  if (auth.type !== "credentials") return undefined;
  const sign = await auth.authorizer(now);
  return sign({ method: "POST", url: `${baseURL}/model/a/converse`, headers: {}, body: "{}" }, now)["authorization"];
};

const credentialsFile = (text: string): string => {
  const directory = mkdtempSync(join(tmpdir(), "bedrock-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "credentials");
  writeFileSync(path, text);
  return path;
};

const section = (name: string, key: string): string =>
  `[${name}]\naws_access_key_id=${key}\naws_secret_access_key=canary-secret\n`;

describe("bedrock", () => {
  test("signs for its region with credentials from variables", async () => {
    const provider = bedrockFrom({ ...region, ...keys });
    expect(provider).toMatchObject({
      id: "bedrock",
      telemetryName: "aws.bedrock",
      baseURL: "https://bedrock-runtime.eu-west-1.amazonaws.com",
    });
    expect(await authorizationOf(provider)).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIACANARY\/20260102\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=host;x-amz-date,/,
    );
    const token = await authorizationOf(bedrockFrom({ ...region, ...keys, AWS_SESSION_TOKEN: "t" }));
    expect(token).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token,");
  });

  test("shows an API key as a bearer token", async () => {
    const variable = bedrockFrom({ ...region, ...keys, AWS_BEARER_TOKEN_BEDROCK: "k1" });
    const option = bedrockFrom({ AWS_DEFAULT_REGION: "us-east-1" }, { apiKey: () => "k2" });
    expect([variable.auth, await variable.apiKey?.()]).toEqual([{ type: "bearer" }, "k1"]);
    expect([option.auth, await option.apiKey?.()]).toEqual([{ type: "bearer" }, "k2"]);
  });

  test("lets what the code says win over what the environment says", async () => {
    const environment = { ...region, ...keys, AWS_BEARER_TOKEN_BEDROCK: "k", AWS_PROFILE: "other" };
    const path = credentialsFile(section("work", "AKIAWORK"));
    const credentials = (): ReturnType<AwsCredentialSource> => ({ accessKeyId: "AKIAOWN", secretAccessKey: "s" });
    const from = (options: BedrockOptions): Promise<string | undefined> =>
      authorizationOf(bedrockFrom({ ...environment, AWS_SHARED_CREDENTIALS_FILE: path }, options));
    expect(await from({ credentials })).toContain("Credential=AKIAOWN/");
    expect(await from({ profile: "work", region: "us-west-2" })).toMatch(/Credential=AKIAWORK\/\d+\/us-west-2\//);
    expect(await from({})).toBeUndefined();
  });

  test("falls back to the shared credentials file", async () => {
    const path = credentialsFile(section("default", "AKIADEFAULT") + section("work", "AKIAWORK"));
    const environment = { ...region, AWS_SHARED_CREDENTIALS_FILE: path };
    expect(await authorizationOf(bedrockFrom(environment))).toContain("Credential=AKIADEFAULT/");
    expect(await authorizationOf(bedrockFrom({ ...environment, AWS_PROFILE: "work" }))).toContain(
      "Credential=AKIAWORK/",
    );
    expect(await authorizationOf(bedrockFrom({ ...environment, ...keys }))).toContain("Credential=AKIACANARY/");
  });

  test("finds the endpoint of each partition, or takes one of the host's own", () => {
    const baseURLOf = (options: BedrockOptions, more = {}): string =>
      bedrockFrom({ ...keys, ...more }, { region: "us-east-1", ...options }).baseURL;
    expect(baseURLOf({ region: "us-gov-west-1" })).toBe("https://bedrock-runtime.us-gov-west-1.amazonaws.com");
    expect(baseURLOf({ region: "cn-north-1" })).toBe("https://bedrock-runtime.cn-north-1.amazonaws.com.cn");
    expect(baseURLOf({ region: "eusc-de-east-1" })).toBe("https://bedrock-runtime.eusc-de-east-1.amazonaws.eu");
    expect(baseURLOf({}, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "https://vpce.example/" })).toBe("https://vpce.example");
    expect(baseURLOf({ baseURL: "http://127.0.0.1:1" })).toBe("http://127.0.0.1:1");
  });

  test.each<[string, BedrockOptions, Readonly<Record<string, string>>, RegExp]>([
    ["no region", {}, keys, /needs `region` or AWS_REGION/],
    ["a region that is none", { region: "evil.example/" }, keys, /region of bedrock\(\)/],
    ["nothing that proves who is asking", {}, region, /needs `apiKey` or AWS_BEARER_TOKEN_BEDROCK, `credentials`/],
    ["a profile that is not there", { profile: "p" }, { ...region, ...keys }, /a profile with keys in \/nowhere/],
    ["two ways to prove it", { apiKey: "k", profile: "p" }, region, /one of `apiKey` and `profile`, not both/],
    ["an option it lacks", { secretAccessKey: "canary" } as BedrockOptions, region, /no option `secretAccessKey`/],
    ["credentials as they are", { credentials: keys } as unknown as BedrockOptions, region, /must be a function/],
  ])("refuses %s", (_, options, environment, message) => {
    const make = (): unknown => bedrockFrom({ ...noFile, ...environment }, options);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
    expect(make).not.toThrow("canary");
  });

  test("shows its secrets to nobody who prints it", () => {
    for (const provider of [
      bedrockFrom({ ...region, ...keys }),
      bedrockFrom({ ...region, AWS_BEARER_TOKEN_BEDROCK: "canary" }),
    ]) {
      expect(inspect(provider, { depth: 9, showHidden: true }) + JSON.stringify(provider)).not.toMatch(/canary/i);
    }
  });
});

describe("providersFromEnv", () => {
  test.each<[Readonly<Record<string, string>>, boolean]>([
    [{ ...region, ...keys }, true],
    [{ AWS_DEFAULT_REGION: "us-east-1", AWS_BEARER_TOKEN_BEDROCK: "k" }, true],
    [region, false],
    [keys, false],
    [{ AWS_BEARER_TOKEN_BEDROCK: "k" }, false],
    [{ ...region, AWS_ACCESS_KEY_ID: "AKIA" }, false],
  ])("with %j", (environment, expected) => {
    expect(isBedrockConfigured(environment)).toBe(expected);
    expect(providersFromEnv(environment).map(({ id }) => id)).toEqual(expected ? ["bedrock"] : []);
  });

  test("is not switched on by a file", () => {
    const path = credentialsFile(section("default", "AKIA"));
    expect(providersFromEnv({ ...region, AWS_SHARED_CREDENTIALS_FILE: path, AWS_PROFILE: "default" })).toEqual([]);
  });
});
