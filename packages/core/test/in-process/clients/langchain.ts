import { ChatOpenAI } from "@langchain/openai";
import { APIError } from "openai";
import { apiKey, description, only, prompt, weatherSchema, type ClientKind, type WeatherCall } from "./client.ts";

const tools = [{ type: "function" as const, function: { name: "weather", description, parameters: weatherSchema } }];

export const langchainClient: ClientKind = {
  name: "@langchain/openai",
  create: ({ fetch, model, mount, maxRetries }) => {
    const until = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
    const chat = new ChatOpenAI({ apiKey, model, maxRetries, configuration: { baseURL: `${mount}/v1`, fetch } });
    return {
      ask: async (signal) => (await chat.invoke(prompt, until(signal))).text,
      stream: async function* (signal) {
        for await (const { text } of await chat.stream(prompt, until(signal))) if (text !== "") yield text;
      },
      call: async () => toCall((await chat.bindTools(tools).invoke(prompt)).tool_calls),
      streamCall: async () => {
        const stream = await chat.bindTools(tools).stream(prompt);
        let whole: Awaited<ReturnType<(typeof stream)["next"]>>["value"];
        for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk);
        return toCall(whole?.tool_calls);
      },
    };
  },
  statusOf: (error) => (error instanceof APIError ? (error.status as number | undefined) : undefined),
  isAbort: (error) => error instanceof Error && error.name === "AbortError",
};

const toCall = (calls: readonly { readonly id?: string; readonly args: unknown }[] = []): WeatherCall => {
  const { id = "", args } = only(calls);
  return { id, arguments: args };
};
