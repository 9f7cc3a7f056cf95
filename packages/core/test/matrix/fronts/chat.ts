import { chatFront as recorded } from "../../recordings/fronts/chat.ts";
import type { Told } from "../../recordings/fronts/front.ts";
import { readChunks, readCompletion, type ChatBody } from "../../recordings/read-chat.ts";
import type { Json } from "../../recordings/fixtures.ts";
import type { Question } from "../question.ts";
import { expectEnd, type Frame, type Front } from "./front.ts";

const messagesOf = ({ text, image, turn }: Question): readonly Json[] => {
  const url = image && `data:${image.type};base64,${image.data}`;
  const content =
    url === undefined
      ? text
      : [
          { type: "text", text },
          { type: "image_url", image_url: { url } },
        ];
  const asked = { role: "user", content };
  if (turn === undefined) return [asked];
  const calls = turn.calls.map(({ id, name, arguments: json }) => ({
    id,
    type: "function",
    function: { name, arguments: json },
  }));
  const results = turn.results.map((result, index) => ({
    role: "tool",
    tool_call_id: turn.calls[index]?.id,
    content: result,
  }));
  return [asked, { role: "assistant", content: null, tool_calls: calls }, ...results];
};

/** What the dialect and its predecessor have in common. */
export const settingsOf = ({ tools, schema, thinks }: Question, isStream: boolean): Json => ({
  ...(tools === undefined ? {} : { tools: tools.map((tool) => ({ type: "function", function: tool })) }),
  ...(schema === undefined
    ? {}
    : { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } }),
  // The extension by which thoughts are shown.
  ...(thinks === undefined ? {} : { reasoning: { effort: "medium", exclude: false } }),
  ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
});

/** The data of the frames before the end mark, which must be there. */
export const dataOf = (frames: readonly Frame[]): readonly unknown[] => {
  expectEnd(frames.at(-1)?.data === "[DONE]", "[DONE]");
  return frames.slice(0, -1).map(({ data }) => data);
};

/** An error as all of OpenAI's dialects have it; what is not of this form fails to be read. */
export const readError = (body: unknown): Told => {
  const { error } = body as { readonly error: { readonly code: string; readonly type: string } };
  return { status: undefined, code: error.code, type: error.type };
};

/** A chunk of its own, the last. */
export const readLateError = (frames: readonly Frame[]): Told => readError(frames.at(-1)?.data);

/** Clients that do not look for errors in chunks know them by why the choice ended. */
const readLateErrorOfChoice = (frames: readonly Frame[]): Told => {
  const last = frames.at(-1)?.data as ChatBody | undefined;
  if (last?.choices?.[0]?.finish_reason !== "error") throw new Error("The choice does not end with an error.");
  return readLateError(frames);
};

/** OpenAI's chat completions. */
export const chat: Front = {
  name: "OpenAI chat completions",
  route: "POST /v1/chat/completions",
  post: (question, model, isStream) => ({
    path: "/v1/chat/completions",
    body: { model, messages: messagesOf(question), ...settingsOf(question, isStream) },
  }),
  // What is not of this form fails to be read.
  read: (body) => readCompletion(body as ChatBody),
  readStream: (frames) => readChunks(dataOf(frames) as readonly ChatBody[]),
  readError,
  readLateError: readLateErrorOfChoice,
  tellFailure: recorded.tellFailure,
};
