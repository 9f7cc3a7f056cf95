import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cutsIn } from "../../../test/cuts.ts";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { textOf } from "../../chat/message.ts";
import type { ChatRequest, Tool } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import { openaiResponses } from "./openai-responses.ts";

// Recorded traffic, kept beside the repository. Without it only the handwritten answers of the other files are read.
const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const isPresent = existsSync(root);

interface Recording {
  readonly name: string;
  readonly body: string;
  readonly isStream: boolean;
  readonly status: number;
  readonly request: Json;
}

const read = (name: string): Recording | undefined => {
  const meta: unknown = JSON.parse(readFileSync(`${root}${name}/meta.json`, "utf8"));
  if (!isObject(meta) || meta["dialect"] !== "openai-responses") return undefined;
  const isStream = existsSync(`${root}${name}/stream.sse`);
  const asked: unknown = existsSync(`${root}${name}/request.json`)
    ? JSON.parse(readFileSync(`${root}${name}/request.json`, "utf8"))
    : {};
  const file = `${root}${name}/${isStream ? "stream.sse" : "response.json"}`;
  return {
    name,
    isStream,
    body: readFileSync(file, "utf8"),
    status: numberIn(meta, "status") ?? 0,
    request: isObject(asked) ? asked : {},
  };
};

const providers = ["azure", "bedrock-mantle", "deepseek", "llamacpp", "openai", "openresponses", "openrouter", "xai"];
const recordings = isPresent
  ? [...providers, "constructed/openai"].flatMap((provider) =>
      readdirSync(root + provider)
        .filter((name) => existsSync(`${root}${provider}/${name}/meta.json`))
        .flatMap((name) => read(`${provider}/${name}`) ?? []),
    )
  : [];

const isFailure = ({ name }: Recording): boolean => name.includes("error-midstream") || name.includes("stream-error");
const isAnswer = (recording: Recording): boolean =>
  recording.status === 200 && !isFailure(recording) && !/openai-responses-(compact|count)/.test(recording.name);
const answers = recordings.filter(isAnswer);

/** What was asked for, as far as an answer depends on it: its tools, which a response tells again. */
const optionsFor = (recording: Recording): DecodeOptions => {
  const tools = toolsOf(recording).map((value): Tool => {
    const { type, name } = value;
    return type === "custom" ? { type, name: String(name) } : { type: "opaque", dialect: "openai-responses", value };
  });
  const request: ChatRequest = { dialect: "openai-responses", model: "m", stream: true, messages: [], tools };
  return { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };
};

const request: ChatRequest = { dialect: "openai-responses", model: "m", stream: false, messages: [] };

const toolsOf = (recording: Recording): readonly Json[] => {
  const told = arrayIn(statedBy(recording), "tools");
  return (told.length > 0 ? told : arrayIn(recording.request, "tools")).filter(isObject);
};

const decodeStream = (body: Uint8Array | string, options: DecodeOptions): ChatEvent[] => {
  const decoder = openaiResponses.createDecoder(options);
  const parser = createSseParser();
  const frames = [...parser.push(Buffer.from(body)), ...parser.end()];
  return [...frames.flatMap((frame) => decoder.decode(frame)), ...decoder.end()];
};

const parse = (text: string): Json => {
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : {};
};

/** The response as the recording itself states it: as the body, or at a stream's end with the items it ended before. */
const statedBy = ({ isStream, body }: Recording): Json => {
  if (!isStream) return parse(body);
  const data = body
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:") && !line.includes("[DONE]"))
    .map((line) => parse(line.slice(5)));
  const items = data.filter(({ type }) => type === "response.output_item.done");
  // The last event encrypts reasoning anew, so the items are taken from where they end.
  return { ...objectIn(data.at(-1) ?? {}, "response"), output: items.map(({ item }) => item) };
};

const collect = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

const decode = (recording: Recording): readonly ChatEvent[] => {
  const options = optionsFor(recording);
  return recording.isStream
    ? decodeStream(recording.body, options)
    : openaiResponses.decodeReply(parse(recording.body), options);
};

const textsIn = (item: Json, field: string, name: string): string =>
  arrayIn(item, field)
    .filter(isObject)
    .map((part) => stringIn(part, name) ?? "")
    .join("");

describe.skipIf(!isPresent)("recorded answers (skipped where the recordings are absent)", () => {
  it("finds them", () => expect(answers.length).toBeGreaterThan(45));

  it.each(answers.map((recording) => [recording.name, recording] as const))("%s", (_name, recording) => {
    const response = statedBy(recording);
    const items = arrayIn(response, "output").filter(isObject);
    const events = decode(recording);
    const reply = collect(events);
    const parts = reply.choices[0]?.parts ?? [];

    const ofType = (type: string): readonly Json[] => items.filter((item) => item["type"] === type);
    const texts = ofType("message").map((item) => textsIn(item, "content", "text"));
    // The pieces of one recording were edited: they end where they begin to differ from its whole text.
    const isEdited = recording.name.includes("shell-container");
    expect(textOf(parts)).toBe(isEdited ? "The command ran successfully." : texts.join(""));
    expect(parts.map((part) => (part.type === "refusal" ? part.text : "")).join("")).toBe(
      ofType("message")
        .map((item) => textsIn(item, "content", "refusal"))
        .join(""),
    );

    const reasoning = parts.filter((part) => part.type === "reasoning");
    expect(reasoning.map(({ text }) => text).join("")).toBe(
      ofType("reasoning")
        .map((item) => textsIn(item, "summary", "text") + textsIn(item, "content", "text"))
        .join(""),
    );
    expect(reasoning.flatMap(({ encrypted }) => encrypted?.value ?? [])).toEqual(
      ofType("reasoning").flatMap((item) => stringIn(item, "encrypted_content") || []),
    );

    // Custom calls of servers that were given tools of their own are theirs to answer.
    const calls = items.filter(
      (item) => item["type"] === "function_call" || (item["type"] === "custom_tool_call" && isClients(item, recording)),
    );
    expect(parts.flatMap((part) => (part.type === "tool-call" ? [[part.id, part.name, part.arguments]] : []))).toEqual(
      calls.map((item) => [item["call_id"], item["name"], item["arguments"] ?? item["input"]]),
    );

    // What the server ran by itself is there whole, and goes out again where the rest of the answer is written anew.
    const plain = ["message", "reasoning", "function_call"];
    const own = items.filter((item) => !plain.includes(String(item["type"])) && !calls.includes(item));
    const isOwn = (item: Json): boolean => own.some((known) => known["id"] === item["id"]);
    expect(
      parts.flatMap((part) => (part.type === "opaque" ? [part.value].filter(isObject).filter(isOwn) : [])),
    ).toEqual(own);
    const again = parse(openaiResponses.encodeReply(reply, { requestId: "r1", created: 0, request }));
    expect(arrayIn(again, "output").filter(isObject).filter(isOwn)).toEqual(own);

    const annotations = ofType("message").flatMap((item) =>
      arrayIn(item, "content")
        .filter(isObject)
        .flatMap((part) => arrayIn(part, "annotations")),
    );
    expect(reply.choices[0]?.citations.map(({ raw }) => raw?.value)).toEqual(annotations);
    for (const { end = 0 } of reply.choices[0]?.citations ?? []) expect(end).toBeLessThanOrEqual(reply.text.length);

    const expected = response["status"] === "incomplete" ? "length" : calls.length > 0 ? "tool_calls" : "stop";
    expect(reply.choices[0]?.finishReason).toBe(expected);
    expect(reply.model).toBe(response["model"]);
    const usage = objectIn(response, "usage") ?? {};
    expect(reply.usage?.inputTokens).toBe(usage["input_tokens"]);
    expect(reply.usage?.outputTokens).toBe(usage["output_tokens"]);
    expect(reply.usage?.cacheReadTokens).toBe(objectIn(usage, "input_tokens_details")?.["cached_tokens"]);
    expect(reply.usage?.reasoningTokens).toBe(objectIn(usage, "output_tokens_details")?.["reasoning_tokens"]);
    expect(events.filter((event) => event.type === "reply-start").length).toBe(1);
    expect(events.filter((event) => event.type === "tool-call-end").length).toBe(calls.length);
    // T11: one server sends an end mark after the end.
    expect(events.findLast((event) => event.type !== "opaque")?.type).toBe("reply-end");
  });

  it.each(recordings.filter(isFailure).map((recording) => [recording.name, recording] as const))(
    "is an error: %s",
    (_name, recording) => expect(() => decode(recording)).toThrow(UpstreamError),
  );

  it("T14 reads both shapes of an error in the stream", () => {
    const codes = recordings.filter(isFailure).map((recording) => {
      try {
        return String(decode(recording).length);
      } catch (error) {
        return error instanceof UpstreamError ? error.code : String(error);
      }
    });
    expect(new Set(codes)).toEqual(new Set(["upstream_error", "upstream_quota_exhausted"]));
  });

  it("reads every recorded error body", () => {
    const errors = recordings.filter(({ status }) => status >= 400);
    expect(errors.length).toBeGreaterThanOrEqual(3);
    for (const { body } of errors) expect(openaiResponses.decodeError(parse(body), {}).message).toMatch(/./);
  });

  it.each(answers.filter(({ isStream }) => isStream).map((recording) => [recording.name, recording] as const))(
    "is never taken for whole when cut: %s",
    (_name, recording) => {
      const bytes = Buffer.from(recording.body);
      const options = optionsFor(recording);
      const last = bytes.lastIndexOf("data: {");
      for (const cut of cutsIn(bytes).filter((at) => at < last)) {
        expect(() => decodeStream(bytes.subarray(0, cut), options), `cut at ${cut}`).toThrow(UpstreamError);
      }
    },
  );
});

const isClients = ({ name }: Json, recording: Recording): boolean =>
  toolsOf(recording).some((tool) => tool["name"] === name);
