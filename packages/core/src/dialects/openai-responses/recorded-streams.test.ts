import { describe, expect, it } from "vitest";
import { framesOf } from "../../../test/frames.ts";
import { named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeOptions as anyOptions, fold as foldEvents } from "../../../test/recordings/decode.ts";
import { present } from "../../../test/recordings/fixtures.ts";
import type { CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import { textOf } from "../../chat/message.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { openaiResponses } from "./openai-responses.ts";

const streams = named(soundAnswers("openai-responses").filter(({ isStream }) => isStream)).map(
  ([name, { body }]) => [name, body.toString()] as const,
);
const decodeOptions = anyOptions();
const encodeOptions: EncodeOptions = { requestId: "r1", created: 1_790_000_000, request: decodeOptions.request };

/** The events of a stream, one batch for each frame, tied to it as a provider call ties them. */
const decode = (body: string): readonly (readonly ChatEvent[])[] => {
  const decoder = openaiResponses.createDecoder(decodeOptions);
  const parser = createSseParser();
  const batches: (readonly ChatEvent[])[] = [];
  for (const frame of framesOf(parser, body)) {
    if (decoder.ended()) break;
    const events = decoder.decode(frame);
    batches.push(decoder.broken?.() === true ? events : withFrame("openai-responses", "stream", frame, events));
  }
  return [...batches, decoder.end()];
};

const encode = (batches: readonly (readonly ChatEvent[])[]): string => {
  const encoder = openaiResponses.createEncoder(encodeOptions);
  const texts = batches.map((batch) => Buffer.from(encoder.encode(batch)).toString());
  return texts.join("") + Buffer.from(encoder.end()).toString();
};

const fold = (batches: readonly (readonly ChatEvent[])[]): CollectedReply => foldEvents(batches.flat());

const dataOf = (body: string): readonly Json[] =>
  body
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line): unknown => JSON.parse(line.slice(6)))
    .filter(isObject);

/** All that a reader is told, wherever it stands. */
const meaning = ({ choices, usage }: CollectedReply): unknown => {
  const [choice] = choices;
  return {
    text: textOf(choice?.parts ?? []),
    reasoning: choice?.parts.flatMap((part) => (part.type === "reasoning" ? [part.text, part.encrypted] : [])),
    refusal: choice?.parts.flatMap((part) => (part.type === "refusal" ? part.text : [])),
    calls: choice?.parts.flatMap((part) => (part.type === "tool-call" ? [[part.id, part.name, part.arguments]] : [])),
    citations: choice?.citations,
    finishReason: choice?.finishReason,
    input: usage?.inputTokens,
    output: usage?.outputTokens,
  };
};

const withoutEndMark = (body: string): string => body.replace(/data: \[DONE\]\s*$/, "");

describe.skipIf(!present)("recorded streams (skipped where the recordings are absent)", () => {
  it("finds them", () => expect(streams.length).toBeGreaterThan(25));

  // Its last event contradicts what it said before, or it has events that no client knows: such a stream is written anew.
  const isMended = (name: string): boolean =>
    name.includes("shell-container") || name.startsWith("bedrock-mantle/responses-stream-thinking");

  it.each(streams.filter(([name]) => !isMended(name)))("passes byte for byte: %s", (_name, body) => {
    expect(encode(decode(body))).toBe(withoutEndMark(body));
  });

  it.each(streams)("means the same when it is written anew: %s", (_name, body) => {
    const bare = decode(body).map((batch) => batch.map(({ frame: _frame, ...event }) => event));
    const written = encode(bare);
    const data = dataOf(written);
    expect(data.map((event) => event["sequence_number"])).toEqual(data.map((_event, index) => index));
    expect(data.map(({ type }) => type).slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
    expect(meaning(fold(decode(written)))).toEqual(meaning(fold(bare)));
    // Written anew it is consistent, so it would pass.
    expect(encode(decode(written))).toBe(written);
  });

  it.each(streams)("tells a change made in the middle in every later frame: %s", (_name, body) => {
    const batches = decode(body);
    const events = batches.flat();
    const pieces = events.filter((event) => event.type === "text-delta" || event.type === "tool-call-delta");
    const changed = pieces[Math.floor(pieces.length / 2)];
    if (changed === undefined) return;
    const secret = changed.type === "text-delta" ? "[hidden]" : '{"hidden":true}';
    const rewritten = batches.map((batch) =>
      batch.map((event): ChatEvent => {
        if (event !== changed) return event;
        if (event.type === "text-delta") return { ...event, text: secret };
        return event.type === "tool-call-delta" ? { ...event, arguments: secret } : event;
      }),
    );
    const written = encode(rewritten);
    const last = dataOf(written).at(-1);
    expect(JSON.stringify(last?.["response"])).toContain(JSON.stringify(secret).slice(1, -1));
    expect(meaning(fold(decode(written)))).toEqual(meaning(fold(rewritten)));
    const numbers = dataOf(written).map((event) => event["sequence_number"]);
    expect(numbers).toEqual(numbers.map((_number, index) => index));
  });
});
