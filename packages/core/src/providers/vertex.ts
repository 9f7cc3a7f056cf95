import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import { gemini } from "../dialects/gemini/gemini.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import type { Quirks } from "../dialects/quirks.ts";
import { googleAuthorizer, type GoogleCredentials } from "./auth/google-auth.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import { readFirst, readVariable, type Environment } from "./environment.ts";
import { hostedDialect } from "./hosted-dialect.ts";
import { type ProviderDefinition } from "./provider-row.ts";
import type { Auth, DialectOfModel, Provider, ProviderOptions } from "./provider.ts";

/**
 * Options of `vertex()`. `accessToken` is one of Google Cloud; `apiKey` one of Vertex AI's express mode, which has
 * Gemini alone and no project.
 */
export interface VertexOptions extends ProviderOptions {
  /** @default GOOGLE_VERTEX_PROJECT, ANTHROPIC_VERTEX_PROJECT_ID or GOOGLE_CLOUD_PROJECT */
  readonly project?: string;
  /**
   * A region such as `europe-west4`, `us` or `eu` for any of its regions, or `global`.
   *
   * @default GOOGLE_VERTEX_LOCATION, CLOUD_ML_REGION or GOOGLE_CLOUD_LOCATION, or "global"
   */
  readonly location?: string;
  /**
   * The key of a service account, as its file has it, or what gives the headers itself: a `GoogleAuth` or any client of
   * google-auth-library, for whatever else there is.
   *
   * @default what GOOGLE_APPLICATION_CREDENTIALS, gcloud or the machine's metadata server gives
   */
  readonly credentials?: GoogleCredentials;
}

const factory = "vertex()";
const id = "vertex";
const keyVariable = "GOOGLE_VERTEX_API_KEY";
// Those that say by themselves that it is Vertex AI that is meant, and one that any use of Google Cloud may set.
const ownProjectVariables = ["GOOGLE_VERTEX_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID", "VERTEXAI_PROJECT"];
const projectVariables = [...ownProjectVariables, "GOOGLE_CLOUD_PROJECT"];
const locationVariables = ["GOOGLE_VERTEX_LOCATION", "CLOUD_ML_REGION", "VERTEXAI_LOCATION", "GOOGLE_CLOUD_LOCATION"];
// How Google's own SDK is told to ask Vertex AI.
const switches = ["GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"];

/**
 * Google's Vertex AI: Gemini, Claude (`claude-sonnet-4-5@20250929`), models of others by publisher
 * (`meta/llama-3.3-70b-instruct-maas`), and tuned ones by their endpoint (`endpoints/123`).
 *
 * @throws TypeError for an option that cannot be, or where there is no project or nothing to prove who is asking.
 */
export const vertex = (options: VertexOptions = {}): Provider => vertexFrom(process.env, options);

/** `vertex()` in an environment of one's own. */
export const vertexFrom = (environment: Environment, options: VertexOptions = {}): Provider => {
  checkOptions(options, factory, ["project", "location", "credentials"]);
  const { project: wantedProject, location: wantedLocation, credentials, ...common } = options;
  const { apiKey, accessToken } = common;
  const given = Object.entries({ apiKey, accessToken, credentials }).filter(([, value]) => value);
  if (given.length > 1) {
    throw new TypeError(`${factory} takes one of ${given.map(([name]) => `\`${name}\``).join(" and ")}, not both.`);
  }
  const isExpress =
    apiKey !== undefined ||
    (given.length === 0 && wantedProject === undefined && readVariable(environment, keyVariable) !== undefined);
  const location = checkPart(wantedLocation ?? readFirst(environment, locationVariables) ?? "global", "location");
  const project = isExpress ? "" : checkPart(wantedProject ?? readFirst(environment, projectVariables), "project");
  const auth = (): Auth =>
    isExpress
      ? { type: "header", name: "x-goog-api-key" }
      : { type: "credentials", authorizer: googleAuthorizer(credentials, project, factory) };
  const definition: ProviderDefinition = {
    id,
    telemetryName: "gcp.vertex_ai",
    ...surfaces(isExpress ? "" : `/projects/${project}/locations/${location}`, common.quirks ?? {}),
    baseURL: `https://${isExpress ? globalHost : hostOf(location)}`,
    keyVariables: isExpress ? [keyVariable] : [],
    baseURLVariables: ["GOOGLE_VERTEX_BASE_URL"],
    // Nothing to prove is looked for where a token is given.
    ...(accessToken === undefined ? { auth: auth() } : {}),
  };
  const provider = createProvider(definition, common, environment, factory);
  // Addresses are often written down with a version; which one it is depends on the model.
  return { ...provider, baseURL: provider.baseURL.replace(/\/v1(beta1)?$/, "") };
};

/** Whether the environment asks for Vertex AI, by a variable that is there for nothing else. Files alone do not. */
export const isVertexConfigured = (environment: Environment): boolean =>
  readFirst(environment, [keyVariable, ...ownProjectVariables]) !== undefined ||
  (readVariable(environment, "GOOGLE_CLOUD_PROJECT") !== undefined &&
    switches.some((name) => /^(1|true)$/i.test(readVariable(environment, name) ?? "")));

const globalHost = "aiplatform.googleapis.com";

const hostOf = (location: string): string => {
  if (location === "global") return globalHost;
  return location === "us" || location === "eu"
    ? `aiplatform.${location}.rep.googleapis.com`
    : `${location}-aiplatform.googleapis.com`;
};

/** The dialects it speaks, and where each is below a project's scope. Only the beta has all that Gemini can do. */
const surfaces = (scope: string, corrections: Quirks): Pick<ProviderDefinition, "dialect" | "dialectOfModel"> => {
  const google = hostedDialect(gemini, {
    placeOf: (path) => `/v1beta1${scope}${path.startsWith("/endpoints/") ? "" : "/publishers/google"}${path}`,
    quirks: { statedRoles: true, labels: true, plainCount: true, ...corrections },
  });
  const claude = hostedDialect(anthropicMessages, {
    placeOf: (path, model, stream) => {
      // Counting is a model of its own.
      const name = path.endsWith("/count_tokens") ? "count-tokens" : encodeURIComponent(model);
      const method = stream && name !== "count-tokens" ? "streamRawPredict" : "rawPredict";
      return `/v1${scope}/publishers/anthropic/models/${name}:${method}`;
    },
    quirks: { versionInBody: "vertex-2023-10-16", mediaUrls: false, ...corrections },
  });
  const others = hostedDialect(openaiChat, {
    placeOf: (path) => `/v1${scope}/endpoints/openapi${path}`,
    quirks: { doneMarker: "optional", ...corrections },
  });
  const dialectOfModel: DialectOfModel = (model) => {
    if (model.startsWith("claude")) return claude;
    // A slash parts a model from its publisher; endpoints are Gemini's own.
    return model.includes("/") && !/^(models|endpoints|tunedModels)\//.test(model) ? others : undefined;
  };
  return { dialect: google, dialectOfModel };
};

const checkPart = (value: unknown, name: "project" | "location"): string => {
  // Both become parts of the address. Projects of a domain are `example.com:name`.
  if (typeof value === "string" && /^[a-z0-9]([a-z0-9.:-]{0,126}[a-z0-9])?$/.test(value)) return value;
  if (value !== undefined)
    throw new TypeError(`The ${name} of ${factory} must be its id, as in Google Cloud's addresses.`);
  throw new TypeError(
    `${factory} needs \`${name}\` or ${projectVariables.join(" or ")}, or an \`apiKey\` of express mode.`,
  );
};
