import { chatFront as recorded } from "../../recordings/fronts/chat.ts";
import { readChunks, readCompletion, type ChatBody } from "../../recordings/read-chat.ts";
import type { Json } from "../../recordings/fixtures.ts";
import { chat, dataOf, readError, readLateError, settingsOf } from "./chat.ts";
import type { Front } from "./front.ts";

/** Text completions are chats whose messages are their texts. */
interface Completion extends Omit<ChatBody, "choices"> {
  readonly choices: readonly { readonly index: number; readonly text: string; readonly finish_reason: string | null }[];
}

const asChat = ({ choices, ...rest }: Completion, field: "message" | "delta"): ChatBody => ({
  ...rest,
  choices: choices.map(({ index, text, finish_reason }) => ({ index, finish_reason, [field]: { content: text } })),
});

/** OpenAI's text completions: a prompt is all that can be said. */
export const completions: Front = {
  name: "OpenAI text completions",
  route: "POST /v1/completions",
  post: (question, model, isStream) => {
    const { text, image, turn } = question;
    // Who wants to say more than a text has to say it as chats do.
    const isMore = image !== undefined || turn !== undefined;
    const asked: Json = isMore ? { messages: chat.post(question, model, isStream).body["messages"] } : { prompt: text };
    return { path: "/v1/completions", body: { model, ...asked, ...settingsOf(question, isStream) } };
  },
  // What is not of this form fails to be read.
  read: (body) => readCompletion(asChat(body as Completion, "message")),
  readStream: (frames) => readChunks((dataOf(frames) as readonly Completion[]).map((chunk) => asChat(chunk, "delta"))),
  readError,
  readLateError,
  tellFailure: recorded.tellFailure,
};
