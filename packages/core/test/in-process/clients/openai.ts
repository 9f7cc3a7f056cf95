import OpenAI, { APIError, APIUserAbortError } from "openai";
import { apiKey, description, only, prompt, weatherSchema, type ClientKind, type WeatherCall } from "./client.ts";

const messages = [{ role: "user" as const, content: prompt }];
const tools = [{ type: "function" as const, function: { name: "weather", description, parameters: weatherSchema } }];

export const openaiClient: ClientKind = {
  name: "openai",
  create: ({ fetch, model, mount, maxRetries }) => {
    const { completions } = new OpenAI({ apiKey, baseURL: `${mount}/v1`, fetch, maxRetries }).chat;
    return {
      ask: async (signal) => {
        const answer = await completions.create({ model, messages }, { signal });
        return only(answer.choices).message.content ?? "";
      },
      stream: async function* (signal) {
        for await (const chunk of await completions.create({ model, messages, stream: true }, { signal })) {
          const text = chunk.choices[0]?.delta.content ?? "";
          if (text !== "") yield text;
        }
      },
      call: async () => {
        const answer = await completions.create({ model, messages, tools });
        return toCall(only(only(answer.choices).message.tool_calls ?? []));
      },
      streamCall: async () => {
        const answer = await completions.stream({ model, messages, tools }).finalChatCompletion();
        return toCall(only(only(answer.choices).message.tool_calls ?? []));
      },
    };
  },
  statusOf: (error) => (error instanceof APIError ? (error.status as number | undefined) : undefined),
  isAbort: (error) => error instanceof APIUserAbortError,
  endsQuietly: true,
};

const toCall = (call: OpenAI.ChatCompletionMessageToolCall): WeatherCall => {
  if (call.type !== "function") throw new Error("The call should be one of a function.");
  return { id: call.id, arguments: JSON.parse(call.function.arguments) };
};
