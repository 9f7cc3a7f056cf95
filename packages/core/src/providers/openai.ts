import { checkOneOf } from "../check-options.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import { openaiResponses } from "../dialects/openai-responses/openai-responses.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import { readVariable, type Environment } from "./environment.ts";
import { chooseApi, openaiApis, type OpenaiApi } from "./openai-api.ts";
import { openaiModels } from "./openai-models.ts";
import { resolveHeaders } from "./provider-headers.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { DialectOfModel, Provider, ProviderOptions } from "./provider.ts";

export interface OpenaiOptions extends ProviderOptions {
  /** Organization that is billed. @default `OPENAI_ORG_ID` */
  readonly organization?: string;
  /** Project that is billed. @default `OPENAI_PROJECT_ID` */
  readonly project?: string;
  /**
   * Which of its APIs is spoken. `auto` takes clients of Responses to Responses and all others to chat, as far as the
   * model is served there; behind another `baseURL` than OpenAI's, which may have no Responses, only the models that
   * exist nowhere else are asked for there.
   *
   * @default "auto"
   */
  readonly api?: OpenaiApi;
}

export const openaiDefinition: ProviderDefinition = {
  id: "openai",
  telemetryName: "openai",
  dialect: openaiChat,
  embeddings: openaiEmbeddings,
  baseURL: "https://api.openai.com/v1",
  keyVariables: ["OPENAI_API_KEY"],
  quirks: {
    maxTokensField: "max_completion_tokens",
    developerRole: true,
    doneMarker: "required",
    allowedTools: true,
    toolCallIds: "max-40",
    cacheKey: true,
    byModel: openaiModels,
  },
};

/**
 * OpenAI.
 *
 * @throws TypeError for an option that cannot be, or where there is no key.
 */
export const openai = (options: OpenaiOptions = {}): Provider => openaiFrom(process.env, options);

/** `openai()` in an environment of one's own. */
export const openaiFrom = (environment: Environment, options: OpenaiOptions = {}): Provider => {
  checkOptions(options, "openai()", ["organization", "project", "api"]);
  const { organization, project, headers, api = "auto", ...rest } = options;
  checkOneOf(api, "api", openaiApis);
  const billed = organization ?? readVariable(environment, "OPENAI_ORG_ID");
  const within = project ?? readVariable(environment, "OPENAI_PROJECT_ID");
  const account = {
    ...(billed === undefined ? {} : { "openai-organization": billed }),
    ...(within === undefined ? {} : { "openai-project": within }),
  };
  const provider = createProvider(
    { ...openaiDefinition, dialect: api === "responses" ? openaiResponses : openaiChat },
    { ...rest, headers: { ...account, ...resolveHeaders(headers ?? {}, "openai()") } },
    environment,
    "openai()",
  );
  const { baseURL, models } = provider;
  const isOwn = /(^|\.)openai\.com$/.test(new URL(baseURL).hostname);
  const dialectOfModel: DialectOfModel = (name, request) =>
    chooseApi(name, models.get(name), request, isOwn) === "responses" ? openaiResponses : openaiChat;
  return {
    ...provider,
    ...(api === "auto" ? { dialectOfModel } : {}),
    // Chat itself counts nothing.
    ...(isOwn ? { counter: openaiResponses } : {}),
  };
};
