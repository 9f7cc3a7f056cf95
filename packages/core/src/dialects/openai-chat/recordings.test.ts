import { describe, expect, it } from "vitest";
import { answers, isBroken, isRefusal, named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { present, type Json, type Recording } from "../../../test/recordings/fixtures.ts";
import { eventsOf } from "../../../test/recordings/framing.ts";
import { readChunks, type ChatBody } from "../../../test/recordings/read-chat.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { asText } from "../../testing/as-text.ts";
import type { DecodeOptions } from "../dialect.ts";
import { openaiChat } from "./openai-chat.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [], includeUsage: true };
const options: DecodeOptions = { ...decodeOptions(), quirks: { doneMarker: "optional" }, request };
const encodeOptions = { requestId: "r", created: 1, request };

const all = answers.filter(({ dialect }) => dialect === "openai-chat");
const sound = soundAnswers("openai-chat");
const streams = sound.filter(({ isStream }) => isStream);
const wholes = sound.filter(({ isStream }) => !isStream);

const decode = ({ headers, body }: Recording, size?: number): readonly ChatEvent[] =>
  decodeStream(openaiChat, headers["content-type"], body, options, size);

/** What a stream says, apart from how many choices of words it has for that. */
const gist = (stream: string): unknown => {
  const { choices, usage } = readChunks(eventsOf(stream) as readonly ChatBody[]);
  return { choices, usage };
};

describe.skipIf(!present)("recorded traffic (skipped where the recordings are absent)", () => {
  it("is there in numbers", () => {
    expect(streams.length).toBeGreaterThan(80);
    expect(wholes.length).toBeGreaterThan(70);
    expect(all.filter(isRefusal).length).toBeGreaterThan(30);
  });

  it.each(named(streams.filter(({ dir }) => !mended.test(dir))))("is forwarded byte for byte: %s", (_, recording) => {
    expect(forward(decode(recording, 1000))).toBe(endAsPromised(rawOf(recording)));
  });

  it.each(named(streams.filter(({ dir }) => mended.test(dir))))(
    "is forwarded so that it is read: %s",
    (_, recording) => {
      const events = decode(recording, 1000);
      expect(events.some((event) => event.type !== "opaque" && event.frame === undefined)).toBe(true);
      expect(gist(forward(events))).toEqual(gist(rawOf(recording)));
    },
  );

  it.each(named(wholes))("is written so that it reads the same again: %s", (_, recording) => {
    const reply = fold(decodeAnswer(openaiChat, recording, options));
    const written = JSON.parse(openaiChat.encodeReply(reply, encodeOptions)) as Json;
    const again = fold(openaiChat.decodeReply(written, decodeOptions()));
    expect(again.choices.map(({ parts, finishReason }) => ({ parts, finishReason }))).toEqual(
      reply.choices.map(({ parts, finishReason }) => ({ parts, finishReason })),
    );
    expect(again.usage?.outputTokens).toBe(reply.usage?.outputTokens);
  });

  it.each(named(all.filter(({ isStream, ...one }) => isStream && isBroken({ isStream, ...one }))))(
    "is an error where it is broken: %s",
    (_, recording) => {
      expect(() => decodeAnswer(openaiChat, recording, decodeOptions())).toThrow(GatewayError);
    },
  );

  it.each(named(all.filter((one) => isRefusal(one) && one.body.toString().startsWith("{"))))(
    "says why it is an error: %s",
    (_, { body }) => {
      const { message } = openaiChat.decodeError(JSON.parse(body.toString()));
      expect(message).toBeTypeOf("string");
      expect(body.toString()).toContain(message?.slice(-5).replaceAll('"', ""));
    },
  );

  it("never ends when it is cut without throwing, wherever it is cut", () => {
    const [recording] = all.filter(({ dir }) => dir === "constructed/sse/crlf");
    if (recording === undefined) throw new Error("The recording is gone.");
    const { headers, body } = recording;
    const end = body.indexOf("[DONE]") + "[DONE]".length;
    for (let length = 0; length < end; length++) {
      const cut = body.subarray(0, length);
      expect(() => decodeStream(openaiChat, headers["content-type"], cut, decodeOptions()), `cut at ${length}`).toThrow(
        GatewayError,
      );
    }
  });
});

/**
 * Streams with what no client knows: no reason at their end or a strange one, nobody who speaks, content that is no
 * text, arguments that are no object.
 */
const mended =
  /^snowflake|^together\/chat-stream-text-recording$|^cloudflare|^gpustack|^groq\/chat-stream-(thinking-groq-model-web|tool-parallel-agent)|^mistral\/chat-stream-thinking/;

const rawOf = ({ body }: Recording): string => body.toString().replace(/^\uFEFF/, "");

/** What a client of the same dialect is sent. */
const forward = (events: readonly ChatEvent[]): string => {
  const encoder = asText(openaiChat.createEncoder(encodeOptions));
  return events.map((event) => encoder.encode(framesOf(event))).join("") + encoder.end();
};

/** An event's whole frame where it is the first of it, nothing for the others, itself where it has none. */
const framesOf = (event: ChatEvent): readonly ChatEvent[] =>
  event.frame === undefined ? [event] : event.frame.events[0] === event ? event.frame.events : [];

const endAsPromised = (raw: string): string => {
  const over = raw.search(/data: ?\[DONE\]/);
  const stream =
    over === -1
      ? raw
      : raw.slice(
          0,
          over + (/^data: ?\[DONE\](\r\n\r\n|\n\n|\r\r|\r\n|\n|\r|)/.exec(raw.slice(over))?.[0].length ?? 0),
        );
  const closed = /(\r\n\r\n|\n\n|\r\r)$/.test(stream) ? stream : `${stream}\n\n`;
  return over === -1 ? `${closed}data: [DONE]\n\n` : closed;
};
