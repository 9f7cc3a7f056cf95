import { checkOneOf } from "../check-options.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiResponses } from "../dialects/openai-responses/openai-responses.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import { readVariable, type Environment } from "./environment.ts";
import { openaiModels } from "./openai-models.ts";
import { resolveHeaders } from "./provider-headers.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

export interface OpenaiOptions extends ProviderOptions {
  /** Organization that is billed. @default `OPENAI_ORG_ID` */
  readonly organization?: string;
  /** Project that is billed. @default `OPENAI_PROJECT_ID` */
  readonly project?: string;
  /**
   * Which of its APIs is spoken. `responses` also has the models that only exist there, reasons across turns and runs
   * hosted tools. To use both, make two providers with different ids.
   *
   * @default "chat"
   */
  readonly api?: "chat" | "responses";
}

export const openaiDefinition: ProviderDefinition = {
  id: "openai",
  telemetryName: "openai",
  dialect: openaiChat,
  baseURL: "https://api.openai.com/v1",
  keyVariables: ["OPENAI_API_KEY"],
  quirks: {
    maxTokensField: "max_completion_tokens",
    developerRole: true,
    doneMarker: "required",
    allowedTools: true,
    toolCallIds: "max-40",
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
  const { organization, project, headers, api = "chat", ...rest } = options;
  checkOneOf(api, "api", ["chat", "responses"]);
  const billed = organization ?? readVariable(environment, "OPENAI_ORG_ID");
  const within = project ?? readVariable(environment, "OPENAI_PROJECT_ID");
  const account = {
    ...(billed === undefined ? {} : { "openai-organization": billed }),
    ...(within === undefined ? {} : { "openai-project": within }),
  };
  return createProvider(
    { ...openaiDefinition, dialect: api === "responses" ? openaiResponses : openaiChat },
    { ...rest, headers: { ...account, ...resolveHeaders(headers ?? {}, "openai()") } },
    environment,
    "openai()",
  );
};
