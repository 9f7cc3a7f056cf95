import type { ReplyStart } from "../../chat/event.ts";
import type { EncodeOptions } from "../dialect.ts";
import { madeReplyId } from "./encode-reply.ts";

/** Writes the chunks of one stream. What they share is built once. */
export interface ChunkWriter {
  /** A chunk with one delta, given as JSON. `more` are further members of the choice, each after a comma. */
  readonly delta: (choice: number, delta: string, finishReason?: string, more?: string) => string;
  /** The delta of nearly all chunks: only the text is to be written. */
  readonly text: (choice: number, text: string) => string;
  /** A chunk without choices. */
  readonly bare: (member: string) => string;
  /** The chunk that says that the answer broke. */
  readonly failure: (choices: readonly number[], error: string) => string;
}

export const createChunkWriter = (
  start: ReplyStart | undefined,
  { request, requestId, created }: EncodeOptions,
  announcesUsage: boolean,
): ChunkWriter => {
  const head = {
    id: start?.id ?? madeReplyId(requestId),
    object: "chat.completion.chunk",
    created: start?.created ?? created,
    model: start?.model ?? request.model,
    ...(start?.serviceTier === undefined ? {} : { service_tier: start.serviceTier }),
    ...(start?.systemFingerprint === undefined ? {} : { system_fingerprint: start.systemFingerprint }),
  };
  const open = `data: ${JSON.stringify(head).slice(0, -1)},"choices":[`;
  const choiceOpen = `${open}{"index":`;
  // A client that asked for usage is told in every chunk but the last that it is still to come.
  const close = `]${announcesUsage ? ',"usage":null' : ""}}\n\n`;
  const textClose = `},"logprobs":null,"finish_reason":null}${close}`;

  return {
    delta: (choice, delta, finishReason, more = ',"logprobs":null') =>
      `${choiceOpen}${choice},"delta":${delta}${more},"finish_reason":${finishReason === undefined ? "null" : JSON.stringify(finishReason)}}${close}`,
    text: (choice, text) => choiceOpen + choice + ',"delta":{"content":' + JSON.stringify(text) + textClose,
    bare: (member) => `${open}],${member}}\n\n`,
    failure: (choices, error) => {
      const ended = choices.map((index) => `{"index":${index},"delta":{},"logprobs":null,"finish_reason":"error"}`);
      return `${open}${ended.join()}],"error":${error}}\n\n`;
    },
  };
};
