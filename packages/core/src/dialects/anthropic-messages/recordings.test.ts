import { describe, expect, it } from "vitest";
import { framesOf } from "../../../test/frames.ts";
import { answers, isBroken, isRefusal, soundAnswers } from "../../../test/recordings/answers.ts";
import { fold } from "../../../test/recordings/decode.ts";
import { present, type Recording as RecordedAnswer } from "../../../test/recordings/fixtures.ts";
import type { CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent, EventBatch } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import type { Part } from "../../chat/message.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, EncodeOptions } from "../dialect.ts";
import { anthropicMessages } from "./anthropic-messages.ts";
import { asText } from "../../testing/as-text.ts";

const options: DecodeOptions & EncodeOptions = {
  provider: "acme",
  model: "claude",
  quirks: {},
  request: { dialect: anthropicMessages.id, model: "claude", stream: true, messages: [] },
  requestId: "1",
  created: 0,
};

// --- What is on the wire, as far as the tests look at it ---

interface Block {
  readonly type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  input?: unknown;
  citations?: unknown[];
  readonly id?: string;
  readonly name?: string;
  readonly data?: string;
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly model: string;
  readonly content: Block[];
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly stop_details?: { readonly explanation?: string } | null;
  readonly usage: Readonly<Record<string, number | undefined>>;
}

interface Recording {
  readonly name: string;
  readonly text: string;
}

const read = (list: readonly RecordedAnswer[]): Recording[] =>
  list.map(({ dir, body }) => ({ name: dir, text: body.toString() }));

const all = answers.filter(({ dialect }) => dialect === "anthropic-messages");
const sound = soundAnswers("anthropic-messages");
const whole = read(sound.filter(({ isStream }) => !isStream));
const streams = read(sound.filter(({ isStream }) => isStream));
// One proxy put a whole message into a single frame, which no client could read as a stream.
const faithful = streams.filter(({ text }) => !text.startsWith("event: message\n"));
const cut = read(all.filter((recording) => !isRefusal(recording) && isBroken(recording)));
const refusals = read(all.filter(isRefusal));

// --- What the gateway does with it ---

interface Decoded {
  readonly batches: EventBatch[];
  readonly isProper: boolean;
  readonly error?: unknown;
}

/** Decodes a stream as the gateway reads one, in one batch. */
const decodeStream = (bytes: Uint8Array): Decoded => {
  const decoder = anthropicMessages.createDecoder(options);
  const parser = createSseParser();
  const batch: ChatEvent[] = [];
  try {
    for (const frame of framesOf(parser, bytes)) {
      if (decoder.ended()) break;
      const events = decoder.decode(frame);
      if (decoder.broken?.() !== true) withFrame(anthropicMessages.id, "stream", frame, events);
      batch.push(...events);
    }
    batch.push(...decoder.end());
    return { batches: [batch], isProper: decoder.ended() };
  } catch (error) {
    return { batches: [batch], isProper: false, error };
  }
};

const collectEvents = (batches: readonly EventBatch[]): CollectedReply => fold(batches.flat());

const encodeStream = (batches: readonly EventBatch[]): string => {
  const encoder = asText(anthropicMessages.createEncoder(options));
  return batches.map((batch) => encoder.encode(batch)).join("") + encoder.end();
};

const decodeReply = (text: string): readonly ChatEvent[] => anthropicMessages.decodeReply(JSON.parse(text), options);

// --- What it must come down to ---

const append = (block: Block | undefined, field: "text" | "thinking" | "signature", piece: string): void => {
  if (block !== undefined) block[field] = (block[field] ?? "") + piece;
};

/** The message a stream makes, put together as plainly as can be. */
const foldStream = (stream: string): Message => {
  let message: Message | undefined;
  const inputs: string[] = [];
  for (const frame of stream.split(/\r?\n\r?\n/)) {
    const data = /^data: ?(.*)$/m.exec(frame)?.[1];
    if (data === undefined || data === "[DONE]") continue;
    const event = JSON.parse(data);
    const block = message?.content[event.index];
    if (event.type === "message") return event;
    if (event.type === "message_start") message = event.message;
    if (event.type === "content_block_start") message?.content.push(event.content_block);
    if (event.type === "content_block_stop" && inputs[event.index] && block !== undefined) {
      block.input = JSON.parse(inputs[event.index] ?? "");
    }
    if (event.type === "message_delta" && message !== undefined) {
      message = { ...message, ...event.delta, usage: { ...message.usage, ...event.usage } };
    }
    if (event.type !== "content_block_delta") continue;
    const { delta } = event;
    if (delta.type === "text_delta") append(block, "text", delta.text);
    if (delta.type === "thinking_delta") append(block, "thinking", delta.thinking);
    if (delta.type === "signature_delta") append(block, "signature", delta.signature);
    if (delta.type === "input_json_delta") inputs[event.index] = (inputs[event.index] ?? "") + delta.partial_json;
    if (delta.type === "citations_delta" && block !== undefined) (block.citations ??= []).push(delta.citation);
  }
  if (message === undefined) throw new Error("There is no message in the stream.");
  return message;
};

/** A part as the block it came from. */
const toBlock = (part: Part): unknown => {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "tool-call":
      return { type: "tool_use", id: part.id, name: part.name, input: JSON.parse(part.arguments) };
    case "reasoning":
      return part.encrypted === undefined
        ? { type: "thinking", thinking: part.text, signature: part.signature?.value ?? "" }
        : { type: "redacted_thinking", data: part.encrypted.value };
    case "opaque":
      return part.value;
    default:
      return part;
  }
};

const fields: Readonly<Record<string, readonly (keyof Block)[]>> = {
  text: ["type", "text"],
  thinking: ["type", "thinking", "signature"],
  redacted_thinking: ["type", "data"],
  tool_use: ["type", "id", "name", "input"],
};

/** The blocks, and of those with a meaning elsewhere what is meant. */
const meantBlocks = ({ content }: Message): unknown[] =>
  content
    .filter(({ text }) => text !== "")
    .map((block) => {
      const meaningful = fields[block.type];
      return meaningful === undefined ? block : Object.fromEntries(meaningful.map((field) => [field, block[field]]));
    });

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** What an answer says, as read by the dialect. */
const said = (reply: CollectedReply) => {
  const [choice] = reply.choices;
  const parts = choice?.parts ?? [];
  return {
    id: reply.id,
    model: reply.model,
    content: parts.filter(({ type }) => type !== "refusal").map(toBlock),
    refusals: parts.filter(({ type }) => type === "refusal"),
    citations: choice?.citations.map(({ raw }) => raw?.value),
    finish: [choice?.finishReason, choice?.nativeFinishReason, choice?.stopSequence ?? null],
    usage: [reply.usage?.inputTokens, reply.usage?.outputTokens, reply.usage?.cacheReadTokens],
  };
};

/** What it ought to say, straight from the message. */
const meant = (message: Message): ReturnType<typeof said> => {
  const { usage } = message;
  const cached = (usage["cache_read_input_tokens"] ?? 0) + (usage["cache_creation_input_tokens"] ?? 0);
  const explanation = message.stop_details?.explanation;
  return {
    id: message.id,
    model: message.model,
    content: meantBlocks(message),
    refusals: explanation === undefined ? [] : [{ type: "refusal", text: explanation }],
    citations: message.content.flatMap(({ citations }) => citations ?? []),
    finish: [finishReasons[message.stop_reason], message.stop_reason, message.stop_sequence],
    usage: [(usage["input_tokens"] ?? 0) + cached, usage["output_tokens"], usage["cache_read_input_tokens"]],
  };
};

/** Content as it is, less blocks and lists that are empty. */
const written = ({ content }: Message): unknown[] =>
  content
    .filter(({ text }) => text !== "")
    .map(({ citations, ...block }) => (citations?.length ? { ...block, citations } : block));

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it("are there", () => {
    expect([whole.length > 15, streams.length > 25, cut.length, refusals.length > 8]).toEqual([true, true, 4, true]);
  });

  it.each(whole)("whole, it keeps all it says: $name", ({ text }) => {
    const reply = collectEvents([decodeReply(text)]);
    expect(said(reply)).toEqual(meant(JSON.parse(text)));
    const again: Message = JSON.parse(anthropicMessages.encodeReply(reply, options));
    expect(said(reply)).toEqual(meant(again));
    expect(written(again)).toEqual(written(JSON.parse(text)).map(withoutCaller));
  });

  it.each(whole)("whole, it can be streamed: $name", ({ text }) => {
    const streamed = foldStream(encodeStream([decodeReply(text)]));
    expect(said(collectEvents([decodeReply(text)]))).toEqual(meant(streamed));
    expect(written(streamed)).toEqual(written(JSON.parse(text)).map(withoutCaller));
  });

  it.each(streams)("streamed, it says what its frames say: $name", ({ text }) => {
    const { batches, isProper, error } = decodeStream(Buffer.from(text));
    expect([isProper, error]).toEqual([true, undefined]);
    expect(said(collectEvents(batches))).toEqual(meant(foldStream(text)));
  });

  it.each(faithful)("streamed, it passes byte for byte: $name", ({ text }) => {
    const { batches } = decodeStream(Buffer.from(text));
    // The end mark of another dialect, which a proxy sends after the end, is nobody's any more.
    expect(encodeStream(batches)).toBe(text.replace("event: data\ndata: [DONE]\n\n", ""));
  });

  it.each(streams)("streamed, it says the same when it is written anew: $name", ({ text }) => {
    const { batches } = decodeStream(Buffer.from(text));
    const copies = batches.map((batch) => batch.map((event) => ({ ...event })));
    const anew = encodeStream(copies);
    expect(decodeStream(Buffer.from(anew)).isProper).toBe(true);
    expect(written(foldStream(anew))).toEqual(written(foldStream(text)));
    expect(said(collectEvents(batches))).toEqual(meant(foldStream(anew)));
  });

  it.each(cut)("broken, it never looks complete: $name", ({ text }) => {
    const { batches, isProper, error } = decodeStream(Buffer.from(text));
    expect(isProper).toBe(false);
    expect(error).toMatchObject({ code: expect.stringMatching(/^upstream_(stream_truncated|overloaded)$/) });
    expect(batches.flat().some(({ type }) => type === "reply-end")).toBe(false);
  });

  it.each(refusals)("refused, it tells type and message: $name", ({ text }) => {
    const { error } = JSON.parse(text);
    expect(anthropicMessages.decodeError(JSON.parse(text))).toMatchObject({ type: error.type, message: error.message });
  });
});

/** A tool call without what only a stream's own frames carry along. */
const withoutCaller = (block: unknown): unknown => {
  if (typeof block !== "object" || block === null || !("type" in block) || block.type !== "tool_use") return block;
  return Object.fromEntries(Object.entries(block).filter(([name]) => name !== "caller"));
};
