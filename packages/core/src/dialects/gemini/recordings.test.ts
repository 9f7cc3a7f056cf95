import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type CollectedReply, createCollector } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { textOf } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, EncodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn } from "../fields.ts";
import { gemini } from "./gemini.ts";

const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const present = existsSync(root);
const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

const encodeOptions: EncodeOptions = { requestId: "r1", created: 0, request: { ...request, dialect: "gemini" } };

interface Recording {
  readonly name: string;
  readonly body: string;
  readonly isStream: boolean;
}

const read = (directory: string): Recording | undefined => {
  const meta: unknown = JSON.parse(readFileSync(`${root}${directory}/meta.json`, "utf8"));
  if (!isObject(meta) || meta["dialect"] !== "gemini" || meta["status"] !== 200) return undefined;
  const isStream = existsSync(`${root}${directory}/stream.sse`);
  return {
    name: directory,
    isStream,
    body: readFileSync(`${root}${directory}/${isStream ? "stream.sse" : "response.json"}`, "utf8"),
  };
};

const recordings = present
  ? ["gemini", "vertex"]
      .flatMap((provider) => readdirSync(root + provider).map((name) => read(`${provider}/${name}`)))
      .filter((recording) => recording !== undefined)
  : [];

const chunksOf = ({ body, isStream }: Recording): readonly Json[] => {
  const parsed: unknown = isStream
    ? body
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line): unknown => JSON.parse(line.slice(5)))
    : JSON.parse(body);
  return (Array.isArray(parsed) ? parsed : [parsed]).filter(isObject);
};

const decodeStream = (body: string): ChatEvent[] => {
  const decoder = gemini.createDecoder(options);
  const parser = createSseParser();
  const frames = [...parser.push(Buffer.from(body)), ...parser.end()];
  return [...frames.flatMap((frame) => decoder.decode(frame)), ...decoder.end()];
};

const decode = (recording: Recording): readonly ChatEvent[] => {
  const chunks = chunksOf(recording);
  const [only, ...more] = chunks;
  if (recording.isStream) return decodeStream(recording.body);
  // A stream that was asked for without SSE is one array; its chunks are those of the SSE form.
  if (more.length > 0) return decodeStream(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(""));
  return gemini.decodeReply(only ?? {}, options);
};

const collect = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

interface Folded {
  text: string;
  thoughts: string;
  readonly calls: unknown[];
  /** Code that the model ran, images it made. */
  readonly others: unknown[];
  signatures: string[];
  finish: unknown;
}

/** What the recording says, read in the plainest way. */
const fold = (chunks: readonly Json[]): { readonly choices: Folded[]; readonly usage: Json } => {
  const choices: Folded[] = [];
  let usage: Json = {};
  for (const chunk of chunks) {
    usage = objectIn(chunk, "usageMetadata") ?? usage;
    for (const candidate of arrayIn(chunk, "candidates").filter(isObject)) {
      const index = numberIn(candidate, "index") ?? 0;
      const choice = (choices[index] ??= {
        text: "",
        thoughts: "",
        calls: [],
        others: [],
        signatures: [],
        finish: undefined,
      });
      choice.finish = candidate["finishReason"] ?? choice.finish;
      for (const part of arrayIn(objectIn(candidate, "content") ?? {}, "parts").filter(isObject)) {
        const text = typeof part["text"] === "string" ? part["text"] : "";
        if (part["thought"] === true) choice.thoughts += text;
        else choice.text += text;
        const call = objectIn(part, "functionCall");
        if (call !== undefined) choice.calls.push({ name: call["name"], args: call["args"] ?? {} });
        const isKnown = "text" in part || call !== undefined;
        if (!isKnown && Object.keys(part).some((key) => !key.startsWith("thought"))) choice.others.push(part);
        if (isKnown && typeof part["thoughtSignature"] === "string") choice.signatures.push(part["thoughtSignature"]);
      }
    }
  }
  return { choices, usage };
};

const reasons: Readonly<Record<string, string>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  "2": "length",
  OTHER: "error",
  UNEXPECTED_TOOL_CALL: "error",
};

const ended = (choice: Folded): string | undefined => {
  const reason = reasons[String(choice.finish)];
  return reason === "stop" && choice.calls.length > 0 ? "tool_calls" : reason;
};

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it.each(recordings.map((recording) => [recording.name, recording] as const))("%s", (_name, recording) => {
    const { choices, usage } = fold(chunksOf(recording));
    const events = decode(recording);
    const reply = collect(events);

    expect(reply.choices.length).toBe(choices.length);
    for (const [index, expected] of choices.entries()) {
      const parts = reply.choices[index]?.parts ?? [];
      const calls = parts.filter((part) => part.type === "tool-call");
      expect(textOf(parts)).toBe(expected.text);
      expect(parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("")).toBe(expected.thoughts);
      expect(calls.map((call) => ({ name: call.name, args: JSON.parse(call.arguments) as unknown }))).toEqual(
        expected.calls,
      );
      expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
      expect(parts.flatMap((part) => (part.type === "opaque" ? [part.value] : []))).toEqual(expected.others);
      expect(parts.flatMap((part) => ("signature" in part ? [part.signature.value] : []))).toEqual(expected.signatures);
      expect(reply.choices[index]?.finishReason).toBe(ended(expected));
    }

    const again = chunksOf({ ...recording, isStream: false, body: gemini.encodeReply(reply, encodeOptions) });
    expect(fold(again).choices.map(({ others }) => others)).toEqual(choices.map(({ others }) => others));

    const number = (name: string): number => numberIn(usage, name) ?? 0;
    expect(reply.usage?.inputTokens).toBe(number("promptTokenCount") + number("toolUsePromptTokenCount"));
    expect(reply.usage?.outputTokens).toBe(number("candidatesTokenCount") + number("thoughtsTokenCount"));
    expect(reply.usage?.cacheReadTokens ?? 0).toBe(number("cachedContentTokenCount"));
    expect(events[0]?.type).toBe("reply-start");
    expect(events.filter((event) => event.type === "reply-end").length).toBe(choices.length);
  });

  it.each(
    recordings
      .filter((recording) => recording.body.includes("groundingSupports"))
      .map((recording) => [recording.name, recording] as const),
  )("cites the text that the segment names: %s", (_name, recording) => {
    const reply = collect(decode(recording));
    const citations = reply.choices[0]?.citations ?? [];
    expect(citations.length).toBeGreaterThan(0);
    for (const { start, end, citedText } of citations) expect(reply.text.slice(start, end)).toBe(citedText);
  });

  it("never takes a cut stream for a whole one before its finish reason has come", () => {
    const recording = recordings.find(({ name, isStream }) => isStream && name.includes("stream-tool-parallel"));
    const bytes = Buffer.from(recording?.body ?? "");
    expect(bytes.length).toBeGreaterThan(100);
    const complete = bytes.indexOf("\n\n") === -1 ? bytes.indexOf("\r\n\r\n") : bytes.indexOf("\n\n");
    for (let cut = 0; cut < complete; cut++) {
      expect(() => decodeStream(bytes.subarray(0, cut).toString()), `cut at ${cut}`).toThrow(/stream/);
    }
  });
});
