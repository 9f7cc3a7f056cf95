import { describe, expect, it } from "vitest";
import { cutsIn } from "../../../test/cuts.ts";
import { answers, isBroken, isRefusal, named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { present, type Recording } from "../../../test/recordings/fixtures.ts";
import { eventsOf } from "../../../test/recordings/framing.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest, Tool } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { openaiResponses } from "./openai-responses.ts";

const all = answers.filter(({ dialect }) => dialect === "openai-responses");
const sound = soundAnswers("openai-responses");
const broken = all.filter((recording) => !isRefusal(recording) && isBroken(recording));

/** The response as the recording itself states it: as the body, or at a stream's end with the items it ended before. */
const statedBy = ({ isStream, body }: Recording): Json => {
  if (!isStream) return JSON.parse(body.toString()) as Json;
  const data = eventsOf(body.toString()).filter(isObject);
  const items = data.filter(({ type }) => type === "response.output_item.done");
  // The last event encrypts reasoning anew, so the items are taken from where they end.
  return { ...objectIn(data.at(-1) ?? {}, "response"), output: items.map(({ item }) => item) };
};

const toolsOf = (recording: Recording): readonly Json[] => arrayIn(statedBy(recording), "tools").filter(isObject);

/** What was asked for, as far as an answer depends on it: its tools, which a response tells again. */
const optionsFor = (recording: Recording): DecodeOptions => {
  const tools = toolsOf(recording).map((value): Tool => {
    const { type, name } = value;
    return type === "custom" ? { type, name: String(name) } : { type: "opaque", dialect: "openai-responses", value };
  });
  const request: ChatRequest = { dialect: "openai-responses", model: "m", stream: true, messages: [], tools };
  return { ...decodeOptions(), request };
};

const decode = (recording: Recording): readonly ChatEvent[] =>
  decodeAnswer(openaiResponses, recording, optionsFor(recording));

/** Items that mean the same to everybody; custom calls where the client offered their tool. */
const isPlain = ({ type, name }: Json, recording: Recording): boolean =>
  ["message", "reasoning", "function_call"].includes(String(type)) ||
  (type === "custom_tool_call" && toolsOf(recording).some((tool) => tool["name"] === name));

const itemsOf = (recording: Recording): readonly Json[] => arrayIn(statedBy(recording), "output").filter(isObject);

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it("are there", () => {
    expect(sound.length).toBeGreaterThan(45);
    expect(all.filter(isRefusal).length).toBeGreaterThan(2);
  });

  it.each(named(sound))("keep what is encrypted, and where the text comes from: %s", (_, recording) => {
    const [choice] = fold(decode(recording)).choices;
    const items = itemsOf(recording);
    const encrypted = choice?.parts.flatMap((part) => (part.type === "reasoning" ? (part.encrypted?.value ?? []) : []));
    expect(encrypted).toEqual(
      items.flatMap((item) => (item["type"] === "reasoning" ? stringIn(item, "encrypted_content") || [] : [])),
    );
    const annotations = items
      .filter(({ type }) => type === "message")
      .flatMap((item) => arrayIn(item, "content").filter(isObject))
      .flatMap((part) => arrayIn(part, "annotations"));
    expect(choice?.citations.map(({ raw }) => raw?.value)).toEqual(annotations);
  });

  it.each(named(sound))("keep what the server ran by itself, and tell it again: %s", (_, recording) => {
    const reply = fold(decode(recording));
    const own = itemsOf(recording).filter((item) => !isPlain(item, recording));
    const isOwn = (item: Json): boolean => own.some((known) => known["id"] === item["id"]);
    const parts = reply.choices[0]?.parts ?? [];
    expect(
      parts.flatMap((part) => (part.type === "opaque" ? [part.value].filter(isObject).filter(isOwn) : [])),
    ).toEqual(own);
    const { request } = decodeOptions();
    const again = JSON.parse(openaiResponses.encodeReply(reply, { requestId: "r1", created: 0, request })) as Json;
    expect(arrayIn(again, "output").filter(isObject).filter(isOwn)).toEqual(own);
  });

  it.each(named(sound))("begin once, and end once with all their calls: %s", (_, recording) => {
    const events = decode(recording);
    const count = (type: ChatEvent["type"]): number => events.filter((event) => event.type === type).length;
    expect([count("reply-start"), count("reply-end")]).toEqual([1, 1]);
    expect(count("tool-call-end")).toBe(count("tool-call-start"));
    // T11: one server sends an end mark after the end.
    expect(events.findLast((event) => event.type !== "opaque")?.type).toBe("reply-end");
  });

  it("T14 are read in both shapes of an error in the stream", () => {
    const codes = broken.map((recording) => {
      try {
        return String(decode(recording).length);
      } catch (error) {
        return error instanceof UpstreamError ? error.code : String(error);
      }
    });
    expect(new Set(codes)).toEqual(new Set(["upstream_error", "upstream_quota_exhausted"]));
  });

  it.each(named(all.filter(isRefusal)))("say why they are none: %s", (_, { body }) => {
    expect(openaiResponses.decodeError(JSON.parse(body.toString()), {}).message).toMatch(/./);
  });

  it.each(named(sound.filter(({ isStream }) => isStream)))("are never taken for whole when cut: %s", (_, recording) => {
    const { headers, body } = recording;
    const options = optionsFor(recording);
    const last = body.lastIndexOf("data: {");
    for (const cut of cutsIn(body).filter((at) => at < last)) {
      const decodeCut = (): unknown =>
        decodeStream(openaiResponses, headers["content-type"], body.subarray(0, cut), options);
      expect(decodeCut, `cut at ${cut}`).toThrow(UpstreamError);
    }
  });
});
