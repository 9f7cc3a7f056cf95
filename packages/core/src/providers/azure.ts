import { checkOneOf } from "../check-options.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import { openaiResponses } from "../dialects/openai-responses/openai-responses.ts";
import type { ModelQuirks, Quirks } from "../dialects/quirks.ts";
import { catalogModels, type Model } from "./catalog.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import { isModelName } from "./declared-models.ts";
import { readFirst, type Environment } from "./environment.ts";
import { hostedDialect } from "./hosted-dialect.ts";
import { chooseApi, openaiApis, type OpenaiApi } from "./openai-api.ts";
import { openaiModels } from "./openai-models.ts";
import { openaiDefinition } from "./openai.ts";
import { addressVariablesOf, type ProviderDefinition } from "./provider-row.ts";
import type { DialectOfModel, Provider, ProviderOptions } from "./provider.ts";

/** Options of `azureOpenai()`. `accessToken` is one of Microsoft Entra, in place of the resource's key. */
export interface AzureOpenaiOptions extends ProviderOptions {
  /** Name of the resource, for its address `https://{resource}.openai.azure.com`. @default AZURE_RESOURCE_NAME */
  readonly resource?: string;
  /**
   * The resource's endpoint, of any of its host names or of a proxy in front of it. The API's own path follows it.
   *
   * @default AZURE_OPENAI_ENDPOINT
   */
  readonly baseURL?: string;
  /**
   * `v1` or `preview` for the API that needs no dates; a date such as `2024-10-21` for the earlier one, which names
   * the deployment in the address.
   *
   * @default OPENAI_API_VERSION, or "v1"
   */
  readonly apiVersion?: string;
  /**
   * Which of its APIs is spoken. `auto` takes clients of Responses to Responses and all others to chat, as far as the
   * model is served there; of a dated version, which may have no Responses, only the models that exist nowhere else are
   * asked for there.
   *
   * @default "auto"
   */
  readonly api?: OpenaiApi;
  /**
   * What is deployed: the model, and the deployment's name. Clients ask for the model.
   *
   * @default each model is taken to be deployed under its own name
   */
  readonly deployments?: Readonly<Record<string, string>>;
}

const factory = "azureOpenai()";

export const azureDefinition: ProviderDefinition = {
  id: "azure",
  telemetryName: "azure.ai.openai",
  dialect: openaiChat,
  embeddings: openaiEmbeddings,
  baseURL: "https://{resource}.openai.azure.com",
  addressParts: { resource: ["AZURE_RESOURCE_NAME"] },
  auth: { type: "header", name: "api-key" },
  keyVariables: ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
  baseURLVariables: ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL", "AZURE_API_BASE"],
  ...(openaiDefinition.quirks === undefined ? {} : { quirks: openaiDefinition.quirks }),
};

const versionVariables = ["OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION", "AZURE_API_VERSION"];

// Models of other makers are served by other software behind the same address. The first pattern that matches decides.
const plain: Quirks = { maxTokensField: "max_tokens", developerRole: false, allowedTools: false, toolCallIds: "any" };
const guests: readonly ModelQuirks[] = [
  { model: /^(deepseek-r1|mai-ds-r1)/i, quirks: { ...plain, namedToolChoice: false } },
  {
    model: /^(deepseek|grok|llama|meta-|mistral|ministral|codestral|phi-|cohere|command|kimi|qwen|glm|jais|mai-)/i,
    quirks: plain,
  },
];

// What versions before these dates do not know yet, and refuse.
const additions: readonly (readonly [since: string, missing: Quirks])[] = [
  ["2024-08-01", { jsonSchema: false }],
  ["2024-09-01", { maxTokensField: "max_tokens", streamUsage: "refused", unsupported: ["parallel_tool_calls"] }],
  ["2024-12-01", { developerRole: false, unsupported: ["reasoning_effort", "store", "metadata"] }],
  ["2025-01-01", { unsupported: ["prediction"] }],
];

/**
 * OpenAI's models, and those of others, on Microsoft Azure.
 *
 * @throws TypeError for an option that cannot be, or where there is no resource or no key.
 */
export const azureOpenai = (options: AzureOpenaiOptions = {}): Provider => azureFrom(process.env, options);

/** `azureOpenai()` in an environment of one's own. */
export const azureFrom = (environment: Environment, options: AzureOpenaiOptions = {}): Provider => {
  checkOptions(options, factory, ["resource", "apiVersion", "api", "deployments"]);
  const { resource, apiVersion, api = "auto", deployments, ...common } = options;
  checkOneOf(api, `api of ${factory}`, openaiApis);
  const version = checkVersion(apiVersion ?? readFirst(environment, versionVariables) ?? "v1");
  const isDated = version !== "v1" && version !== "preview";
  const names = checkDeployments(deployments);
  const quirks = {
    ...azureDefinition.quirks,
    ...(isDated ? quirksOf(version) : {}),
    byModel: [...guests, ...openaiModels],
  };

  const nameOf = (model: string): string => names.get(model) ?? model;
  const named = { nameOf, ...(isDated ? { placeOf: underDeployment } : {}) };
  const chat = hostedDialect(openaiChat, named);
  const responses = hostedDialect(openaiResponses, { nameOf });
  const dialectOfModel: DialectOfModel = (model, request) => {
    if (guests.some((guest) => guest.model.test(model))) return chat;
    return chooseApi(model, provider.models.get(model), request, !isDated) === "responses" ? responses : chat;
  };
  const provider: Provider = createProvider(
    {
      ...azureDefinition,
      quirks,
      dialect: api === "responses" ? responses : chat,
      embeddings: hostedDialect(openaiEmbeddings, named),
      ...(api === "auto" ? { dialectOfModel } : {}),
      ...(version === "v1" ? {} : { query: `api-version=${version}` }),
    },
    { ...common, ...addressOf(resource, common, environment) },
    environment,
    factory,
    deployments === undefined ? catalogModels(azureDefinition.id) : deployedModels(names),
  );
  // Endpoints are often written down with the path of the API, in one of its forms.
  const endpoint = provider.baseURL.replace(/\/openai(\/v1)?$/, "");
  return { ...provider, baseURL: `${endpoint}/openai${isDated ? "" : "/v1"}` };
};

const quirksOf = (version: string): Quirks => {
  const missing = additions.filter(([since]) => version.slice(0, since.length) < since).map(([, quirks]) => quirks);
  const unsupported = missing.flatMap((quirks) => quirks.unsupported ?? []);
  return Object.assign({}, ...missing, { unsupported });
};

const addressOf = (
  resource: string | undefined,
  { baseURL }: ProviderOptions,
  environment: Environment,
): { readonly address?: Readonly<Record<string, string>> } => {
  if (resource !== undefined) {
    if (baseURL !== undefined) throw new TypeError(`${factory} takes one of \`resource\` and \`baseURL\`, not both.`);
    return { address: { resource } };
  }
  const variables = [...addressVariablesOf(azureDefinition), ...(azureDefinition.addressParts?.["resource"] ?? [])];
  if (baseURL === undefined && readFirst(environment, variables) === undefined) {
    throw new TypeError(`${factory} needs \`resource\` or \`baseURL\`, or ${variables.join(" or ")}.`);
  }
  return {};
};

const underDeployment = (path: string, deployment: string): string =>
  `/deployments/${encodeURIComponent(deployment)}${path}`;

const checkVersion = (version: unknown): string => {
  if (typeof version === "string" && /^(v1|preview|\d{4}-\d\d-\d\d(-preview)?)$/.test(version)) return version;
  throw new TypeError(`The API version of ${factory} must be "v1", "preview" or a date like "2024-10-21".`);
};

const checkDeployments = (deployments: unknown): ReadonlyMap<string, string> => {
  if (deployments === undefined) return new Map();
  if (typeof deployments !== "object" || deployments === null || Array.isArray(deployments)) {
    throw new TypeError(
      `\`deployments\` of ${factory} must be an object of models and the names of their deployments.`,
    );
  }
  const names = new Map<string, string>();
  for (const [model, deployment] of Object.entries(deployments)) {
    if (!isModelName(model) || !isModelName(deployment)) {
      throw new TypeError(`\`deployments[${JSON.stringify(model)}]\` of ${factory} must be the name of a deployment.`);
    }
    names.set(model, deployment);
  }
  return names;
};

/** What is known of the models that are deployed; of most, OpenAI's own entry says the same. */
const deployedModels = (names: ReadonlyMap<string, string>): ReadonlyMap<string, Model> => {
  const catalogs = [catalogModels(azureDefinition.id), catalogModels(openaiDefinition.id)];
  return new Map(
    [...names.keys()].map((id) => [
      id,
      catalogs.find((models) => models.has(id))?.get(id) ?? { id, mode: "chat", capabilities: [] },
    ]),
  );
};
