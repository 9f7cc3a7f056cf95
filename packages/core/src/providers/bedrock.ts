import { bedrockEmbeddings } from "../dialects/bedrock-embeddings/bedrock-embeddings.ts";
import { bedrockConverse } from "../dialects/bedrock-converse/bedrock-converse.ts";
import { keepUntilExpiry, type AwsCredentials, type AwsCredentialSource } from "./auth/aws-credentials.ts";
import { fromSharedCredentials, sharedCredentialsPath } from "./auth/shared-credentials.ts";
import { signRequest } from "./auth/sigv4.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import { readFirst, readVariable, type Environment } from "./environment.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { Auth, Provider, ProviderOptions } from "./provider.ts";

/** Options of `bedrock()`. `apiKey` is a Bedrock API key; without one, requests are signed with AWS credentials. */
export interface BedrockOptions extends ProviderOptions {
  /** @default AWS_REGION, or AWS_DEFAULT_REGION */
  readonly region?: string;
  /**
   * Gives the credentials that sign requests: a credential provider of the AWS SDK, or a function of your own.
   *
   * @default AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `profile`
   */
  readonly credentials?: AwsCredentialSource;
  /**
   * Profile of the shared credentials file that holds the credentials.
   *
   * @default AWS_PROFILE, or "default"
   */
  readonly profile?: string;
}

const factory = "bedrock()";
const keyVariable = "AWS_BEARER_TOKEN_BEDROCK";

/**
 * Amazon Bedrock, by its Converse API. Models are named by their id, by that of an inference profile
 * (`us.anthropic.claude-sonnet-4-5-20250929-v1:0`) or by the ARN of one.
 *
 * @throws TypeError for an option that cannot be, or where there is no region or nothing to prove who is asking.
 */
export const bedrock = (options: BedrockOptions = {}): Provider => bedrockFrom(process.env, options);

/** `bedrock()` in an environment of one's own. */
export const bedrockFrom = (environment: Environment, options: BedrockOptions = {}): Provider => {
  checkOptions(options, factory, ["region", "credentials", "profile"]);
  const { region: wantedRegion, credentials, profile, ...common } = options;
  const region = resolveRegion(wantedRegion, environment);
  const { apiKey, accessToken } = common;
  const sources = Object.entries({ apiKey, accessToken, credentials, profile }).filter(([, value]) => value);
  if (sources.length > 1) {
    throw new TypeError(`${factory} takes one of ${sources.map(([name]) => `\`${name}\``).join(" and ")}, not both.`);
  }
  const isSigned =
    credentials !== undefined ||
    profile !== undefined ||
    ((apiKey ?? accessToken) === undefined && readVariable(environment, keyVariable) === undefined);
  const definition: ProviderDefinition = {
    id: "bedrock",
    telemetryName: "aws.bedrock",
    dialect: bedrockConverse,
    embeddings: bedrockEmbeddings,
    baseURL: endpointOf(region),
    keyVariables: isSigned ? [] : [keyVariable],
    baseURLVariables: ["BEDROCK_BASE_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
    ...(isSigned ? { auth: signatureOf(resolveCredentials(credentials, profile, environment), region) } : {}),
  };
  return createProvider(definition, common, environment, factory);
};

/** Whether the environment alone says enough: a region, and a key or credentials. Files do not switch a provider on. */
export const isBedrockConfigured = (environment: Environment): boolean =>
  regionIn(environment) !== undefined &&
  (readVariable(environment, keyVariable) !== undefined || credentialsIn(environment) !== undefined);

const regionIn = (environment: Environment): string | undefined =>
  readFirst(environment, ["AWS_REGION", "AWS_DEFAULT_REGION"]);

const resolveRegion = (region: string | undefined, environment: Environment): string => {
  const resolved = region ?? regionIn(environment);
  if (resolved === undefined) throw new TypeError(`${factory} needs \`region\` or AWS_REGION.`);
  // It becomes a part of the host's name.
  if (typeof resolved !== "string" || !/^[a-z]{2,8}(-[a-z]{2,16}){1,3}-\d{1,2}$/.test(resolved)) {
    throw new TypeError(`The region of ${factory} must be one like "us-east-1".`);
  }
  return resolved;
};

const domains: readonly (readonly [prefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
];

const endpointOf = (region: string): string => {
  const domain = domains.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://bedrock-runtime.${region}.${domain}`;
};

const resolveCredentials = (
  credentials: AwsCredentialSource | undefined,
  profile: string | undefined,
  environment: Environment,
): AwsCredentialSource => {
  if (credentials !== undefined) {
    if (typeof credentials === "function") return credentials;
    throw new TypeError(`\`credentials\` of ${factory} must be a function that gives them.`);
  }
  const fromVariables = profile === undefined ? credentialsIn(environment) : undefined;
  if (fromVariables !== undefined) return () => fromVariables;
  const path = sharedCredentialsPath(environment);
  try {
    return fromSharedCredentials(path, profile ?? readVariable(environment, "AWS_PROFILE") ?? "default");
  } catch (cause) {
    throw new TypeError(
      `${factory} needs \`apiKey\` or ${keyVariable}, \`credentials\`, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a ` +
        `profile with keys in ${path}.`,
      { cause },
    );
  }
};

const credentialsIn = (environment: Environment): AwsCredentials | undefined => {
  const accessKeyId = readVariable(environment, "AWS_ACCESS_KEY_ID");
  const secretAccessKey = readVariable(environment, "AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const sessionToken = readVariable(environment, "AWS_SESSION_TOKEN");
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
};

const signatureOf = (source: AwsCredentialSource, region: string): Auth => {
  const credentialsAt = keepUntilExpiry(source, `The credentials of ${factory}`);
  const scope = { region, service: "bedrock" };
  return {
    type: "credentials",
    authorizer: async (epochMs) => {
      const credentials = await credentialsAt(epochMs);
      return (request, sentAtMs) => signRequest(request, credentials, scope, sentAtMs);
    },
  };
};
