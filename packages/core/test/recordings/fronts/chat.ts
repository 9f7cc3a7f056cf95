import OpenAI from "openai";
import { ContentFilterFinishReasonError, LengthFinishReasonError } from "openai/error";
import { readChunks, readCompletion } from "../read-chat.ts";
import { agreeing, type Asked, type Front } from "./front.ts";
import { readOpenaiError, tellOpenaiFailure } from "./openai-failure.ts";

const bodyOf = ({ model, isStream, body, customTools = [] }: Asked): object => {
  const { stream: _stream, stream_options: _options, ...recorded } = body ?? {};
  const tools = customTools.map((name) => ({ type: "custom", custom: { name } }));
  return {
    messages: [{ role: "user", content: "Hello" }],
    ...(tools.length === 0 ? {} : { tools }),
    ...recorded,
    model,
    ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
};

/** An answer with strict tools that was cut is one that the SDK does not put together. */
const isCut = (error: unknown): boolean =>
  error instanceof LengthFinishReasonError || error instanceof ContentFilterFinishReasonError;

/** OpenAI's chat completions, by the SDK `openai`. */
export const chatFront: Front = {
  name: "chat",
  dialect: "openai-chat",
  connect: ({ origin, fetch }) => {
    const client = new OpenAI({ apiKey: "none", maxRetries: 0, timeout: 10_000, baseURL: `${origin}/v1`, fetch });
    return async (asked) => {
      // A recorded request may hold what the SDK's types do not know.
      const body = bodyOf(asked) as OpenAI.ChatCompletionCreateParams;
      if (body.stream !== true) {
        return readCompletion(await client.chat.completions.create({ ...body, stream: false }));
      }
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      const stream = client.chat.completions.stream(body).on("chunk", (chunk) => chunks.push(chunk));
      try {
        const final = readCompletion(await stream.finalChatCompletion());
        return agreeing(readChunks(chunks), final);
      } catch (error) {
        if (!isCut(error)) throw error;
      }
      const pieces: OpenAI.ChatCompletionChunk[] = [];
      for await (const piece of await client.chat.completions.create(body)) pieces.push(piece);
      return readChunks(pieces);
    };
  },
  readThrown: readOpenaiError,
  tellFailure: tellOpenaiFailure,
  tell: (said) => said,
  reasoningSeparator: "\n\n",
};
