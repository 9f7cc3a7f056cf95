import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, jsonSchema, streamText, type LanguageModel, type ToolSet } from "ai";
import {
  apiKey,
  description,
  only,
  prompt,
  weatherSchema,
  type Client,
  type ClientKind,
  type ClientSetting,
  type WeatherCall,
} from "./client.ts";

const tools: ToolSet = { weather: { description, inputSchema: jsonSchema(weatherSchema) } };

const createClient = (model: LanguageModel, maxRetries: number): Client => {
  const call = { model, prompt, maxRetries, maxOutputTokens: 100 };
  const until = (abortSignal: AbortSignal | undefined) => (abortSignal === undefined ? {} : { abortSignal });
  return {
    ask: async (signal) => (await generateText({ ...call, ...until(signal) })).text,
    stream: async function* (signal) {
      // Failures are told in the stream; without this they are printed, too.
      const { stream } = streamText({ ...call, ...until(signal), onError: () => {} });
      for await (const part of stream) {
        if (part.type === "text-delta") yield part.text;
        if (part.type === "error") throw part.error;
        if (part.type === "abort") throw new DOMException(part.reason, "AbortError");
      }
    },
    call: async () => toCall((await generateText({ ...call, tools })).toolCalls),
    streamCall: async () => toCall(await streamText({ ...call, tools }).toolCalls),
  };
};

const toCall = (calls: readonly { readonly toolCallId: string; readonly input: unknown }[]): WeatherCall => {
  const { toolCallId, input } = only(calls);
  return { id: toolCallId, arguments: input };
};

const kind = (name: string, modelOf: (setting: ClientSetting) => LanguageModel): ClientKind => ({
  name,
  create: (setting) => createClient(modelOf(setting), setting.maxRetries),
  statusOf: (error) => (APICallError.isInstance(error) ? error.statusCode : undefined),
  isAbort: (error) => error instanceof DOMException && error.name === "AbortError",
});

export const aiSdkClients: readonly ClientKind[] = [
  kind("@ai-sdk/openai-compatible", ({ fetch, model, mount }) =>
    createOpenAICompatible({ name: "gateway", apiKey, baseURL: `${mount}/v1`, fetch }).chatModel(model),
  ),
  kind("@ai-sdk/anthropic", ({ fetch, model, mount }) =>
    createAnthropic({ apiKey, baseURL: `${mount}/v1`, fetch }).messages(model),
  ),
];
