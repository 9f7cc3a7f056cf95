import { messagesFront as recorded } from "../../recordings/fronts/messages.ts";
import { addUpMessage, readMessage } from "../../recordings/read-messages.ts";
import type { Json } from "../../recordings/fixtures.ts";
import type { Told } from "../../recordings/fronts/front.ts";
import type { Question } from "../question.ts";
import { expectEnd, type Front } from "./front.ts";

const messagesOf = ({ text, image, turn }: Question): readonly Json[] => {
  const picture = image && {
    type: "image",
    source: { type: "base64", media_type: image.type, data: image.data },
  };
  const asked = { role: "user", content: picture === undefined ? text : [picture, { type: "text", text }] };
  if (turn === undefined) return [asked];
  const calls = turn.calls.map(({ id, name, arguments: json }) => ({
    type: "tool_use",
    id,
    name,
    input: JSON.parse(json) as unknown,
  }));
  const results = turn.results.map((content, index) => ({
    type: "tool_result",
    tool_use_id: turn.calls[index]?.id,
    content,
  }));
  return [asked, { role: "assistant", content: calls }, { role: "user", content: results }];
};

const readError = (body: unknown): Told => {
  const { type, error } = body as { readonly type: string; readonly error: { readonly type: string } };
  if (type !== "error") throw new Error(`This is no error: ${type}`);
  return { status: undefined, type: error.type };
};

/** Anthropic's messages. */
export const messages: Front = {
  name: "Anthropic messages",
  route: "POST /v1/messages",
  post: (question, model, isStream) => {
    const { tools, schema, thinks } = question;
    const offered = tools?.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters }));
    return {
      path: "/v1/messages",
      body: {
        model,
        max_tokens: 4000,
        messages: messagesOf(question),
        ...(offered === undefined ? {} : { tools: offered }),
        ...(schema === undefined ? {} : { output_config: { format: { type: "json_schema", schema } } }),
        ...(thinks === undefined ? {} : { thinking: { type: "enabled", budget_tokens: 2000 } }),
        ...(isStream ? { stream: true } : {}),
      },
    };
  },
  // What is not of this form fails to be read.
  read: (body) => readMessage(body as Parameters<typeof readMessage>[0]),
  readStream: (frames) => {
    const events = frames.map(({ data }) => data) as Parameters<typeof addUpMessage>[0];
    expectEnd(events.at(-1)?.type === "message_stop", "message_stop");
    return readMessage(addUpMessage(events));
  },
  readError,
  readLateError: (frames) => readError(frames.at(-1)?.data),
  tellFailure: recorded.tellFailure,
};
