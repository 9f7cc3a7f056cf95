import type { LanguageModelV4, SharedV4Warning } from "@ai-sdk/provider";
import type { ChatInput, ChatReply, Gateway, Principal } from "@llm-gateway/core";
import { toCallError } from "./call-error.ts";
import { providerName } from "./own.ts";
import { present } from "./present.ts";
import { toRequest } from "./to-request.ts";
import { toResult } from "./to-result.ts";
import { toStream } from "./to-stream.ts";

export interface LanguageModelOptions {
  /** In whose name the model is asked. @default `{ id: "in-process" }` */
  readonly principal?: Principal;
}

/**
 * Any model of a gateway as a language model of the AI SDK, asked in this process with no HTTP in between. Files given
 * by address are downloaded by the AI SDK first, so that every provider can take them.
 *
 * Calls throw an `APICallError` for what goes wrong in the gateway, with its `GatewayError` as the cause; and what they
 * were aborted with where they were aborted.
 *
 * @param model A configured name, `provider/model`, or the name of a known model.
 * @throws TypeError naming the option that is wrong and how to mend it.
 *
 * @example
 * const { text } = await generateText({ model: languageModel(gateway, "fast"), prompt: "Hello" });
 */
export const languageModel = (gateway: Gateway, model: string, options: LanguageModelOptions = {}): LanguageModelV4 => {
  checkKnown(options);
  const { principal } = options;
  const ask = (request: ChatInput, signal: AbortSignal | undefined): Promise<ChatReply> =>
    gateway.chat(request, present({ principal, signal }));

  return {
    specificationVersion: "v4",
    provider: providerName,
    modelId: model,
    supportedUrls: {},
    doGenerate: async (call) => {
      const { request, warnings } = toRequest(model, call, false);
      const { abortSignal } = call;
      try {
        const reply = await ask(request, abortSignal);
        return { ...(await toResult(reply)), warnings: [...warnings, ...reply.dropped.map(toWarning)] };
      } catch (error) {
        throw toCallError(error, request, abortSignal);
      }
    },
    doStream: async (call) => {
      const { request, warnings } = toRequest(model, call, true);
      const { abortSignal, includeRawChunks = false } = call;
      const toError = (error: unknown): unknown => toCallError(error, request, abortSignal);
      try {
        const reply = await ask(request, abortSignal);
        const allWarnings = [...warnings, ...reply.dropped.map(toWarning)];
        return { stream: toStream(reply, { warnings: allWarnings, includeRawChunks, toError }) };
      } catch (error) {
        throw toError(error);
      }
    },
  };
};

/** What the gateway left out, because the provider has no such parameter. */
const toWarning = (parameter: string): SharedV4Warning => ({
  type: "unsupported",
  feature: parameter,
  details: "The provider that answered has no such parameter.",
});

/** A principal under a misspelt name would be nobody's. */
const checkKnown = (options: object): void => {
  const unknown = Object.keys(options).find((name) => name !== "principal");
  if (unknown !== undefined) throw new TypeError(`languageModel() has no option \`${unknown}\`; it has \`principal\`.`);
};
