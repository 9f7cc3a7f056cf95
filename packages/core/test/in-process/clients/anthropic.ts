import Anthropic, { APIError, APIUserAbortError } from "@anthropic-ai/sdk";
import { apiKey, description, only, prompt, weatherSchema, type ClientKind, type WeatherCall } from "./client.ts";

const messages = [{ role: "user" as const, content: prompt }];
const tools = [{ name: "weather", description, input_schema: weatherSchema }];

export const anthropicClient: ClientKind = {
  name: "@anthropic-ai/sdk",
  create: ({ fetch, model, mount, maxRetries }) => {
    const client = new Anthropic({ apiKey, baseURL: mount, fetch, maxRetries });
    const body = { model, max_tokens: 100, messages };
    return {
      ask: async (signal) => {
        const { content } = await client.messages.create(body, { signal });
        return content.map((block) => (block.type === "text" ? block.text : "")).join("");
      },
      stream: async function* (signal) {
        for await (const event of await client.messages.create({ ...body, stream: true }, { signal })) {
          if (event.type === "content_block_delta" && event.delta.type === "text_delta") yield event.delta.text;
        }
      },
      call: async () => toCall(await client.messages.create({ ...body, tools })),
      streamCall: async () => toCall(await client.messages.stream({ ...body, tools }).finalMessage()),
    };
  },
  statusOf: (error) => (error instanceof APIError ? (error.status as number | undefined) : undefined),
  isAbort: (error) => error instanceof APIUserAbortError,
  endsQuietly: true,
};

const toCall = ({ content, stop_reason }: Anthropic.Message): WeatherCall => {
  if (stop_reason !== "tool_use") throw new Error("The model should stop for its tool.");
  const { id, input } = only(content.filter((block) => block.type === "tool_use"));
  return { id, arguments: input };
};
