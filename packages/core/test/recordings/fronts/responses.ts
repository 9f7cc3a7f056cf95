import OpenAI from "openai";
import { addUpResponse, readResponse, type ResponseBody, type ResponseEvent } from "../read-responses.ts";
import type { Said } from "../said.ts";
import { agreeing, type Asked, type Front } from "./front.ts";
import { readOpenaiError, tellOpenaiFailure } from "./openai-failure.ts";

const bodyOf = ({ model, body, customTools = [] }: Asked): object => {
  const { stream: _stream, stream_options: _options, ...recorded } = body ?? {};
  const tools = customTools.map((name) => ({ type: "custom", name }));
  return { input: "Hello", ...(tools.length === 0 ? {} : { tools }), ...recorded, model };
};

/** Clients expect these two counts, so nothing said of them is zero. */
const withZeros = ({ usage, ...said }: Said): Said => ({
  ...said,
  usage: usage && { ...usage, cacheRead: usage.cacheRead ?? 0, reasoning: usage.reasoning ?? 0 },
});

/** OpenAI's responses, by the SDK `openai`. */
export const responsesFront: Front = {
  name: "responses",
  dialect: "openai-responses",
  connect: ({ origin, fetch }) => {
    const client = new OpenAI({ apiKey: "none", maxRetries: 0, timeout: 10_000, baseURL: `${origin}/v1`, fetch });
    return async (asked) => {
      // A recorded request may hold what the SDK's types do not know.
      const body = bodyOf(asked) as OpenAI.Responses.ResponseCreateParamsNonStreaming;
      if (!asked.isStream) return withZeros(readResponse((await client.responses.create(body)) as ResponseBody));
      const stream = client.responses.stream({ ...body, stream: true });
      const events: ResponseEvent[] = [];
      for await (const event of stream) events.push(structuredClone(event) as ResponseEvent);
      const final = readResponse((await stream.finalResponse()) as ResponseBody);
      return withZeros(agreeing(readResponse(addUpResponse(events)), final));
    };
  },
  readThrown: readOpenaiError,
  tellFailure: tellOpenaiFailure,
  // A response has one choice, and an id of this dialect's form.
  tell: (said, { isOwn }) => withZeros(isOwn ? said : { ...said, id: undefined, choices: said.choices.slice(0, 1) }),
  reasoningSeparator: "",
};
