import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cutsIn } from "../../../test/cuts.ts";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { textOf } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { createNdjsonParser } from "../../transport/ndjson.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { ollama } from "./ollama.ts";

const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const isHere = existsSync(root);
const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

interface Recording {
  readonly name: string;
  readonly status: number;
  readonly bytes: Buffer;
  readonly isStream: boolean;
}

const parse = (text: string): Json => {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new TypeError("The recording holds no object.");
  return value;
};

const read = (name: string): Recording | undefined => {
  const meta = parse(readFileSync(`${root}${name}/meta.json`, "utf8"));
  if (meta["dialect"] !== "ollama-chat" || !stringIn(meta, "endpoint")?.endsWith("/api/chat")) return undefined;
  const isStream = existsSync(`${root}${name}/stream.ndjson`);
  const bytes = readFileSync(`${root}${name}/${isStream ? "stream.ndjson" : "response.json"}`);
  return { name, status: Number(meta["status"]), isStream, bytes };
};

const recordings = isHere
  ? ["ollama", "constructed/ollama"]
      .flatMap((folder) => readdirSync(root + folder).map((name) => read(`${folder}/${name}`)))
      .filter((recording) => recording !== undefined)
  : [];

const linesOf = ({ bytes, isStream }: Recording): readonly Json[] =>
  isStream ? bytes.toString().trim().split("\n").map(parse) : [parse(bytes.toString())];

const isAnswer = (recording: Recording): boolean =>
  recording.status === 200 && linesOf(recording).every((line) => "message" in line);

const decodeStream = (...chunks: readonly Uint8Array[]): ChatEvent[] => {
  const decoder = ollama.createDecoder(options);
  const parser = createNdjsonParser();
  const frames = [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
  return [...frames.flatMap((frame) => decoder.decode(frame)), ...decoder.end()];
};

const decode = (recording: Recording): readonly ChatEvent[] =>
  recording.isStream
    ? decodeStream(recording.bytes)
    : ollama.decodeReply(parse(recording.bytes.toString()), { ...options, request: { ...request, stream: false } });

const collect = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

const named = (list: readonly Recording[]): [string, Recording][] =>
  list.map((recording) => [recording.name, recording]);

describe.skipIf(!isHere)("recorded answers (skipped where the recordings are absent)", () => {
  const answers = recordings.filter(isAnswer);

  it("are all there", () => {
    expect(answers.filter(({ isStream }) => isStream)).toHaveLength(5);
    expect(answers.filter(({ isStream }) => !isStream)).toHaveLength(4);
  });

  it.each(named(answers))("%s", (_name, recording) => {
    const lines = linesOf(recording);
    const last = lines.at(-1) ?? {};
    const messages = lines.map((line) => objectIn(line, "message") ?? {});
    const joined = (field: string): string => messages.map((message) => stringIn(message, field) ?? "").join("");
    const calls = messages.flatMap((message) => arrayIn(message, "tool_calls").filter(isObject));

    const events = decode(recording);
    const reply = collect(events);
    const parts = reply.choices[0]?.parts ?? [];
    const decoded = parts.filter((part) => part.type === "tool-call");

    expect(reply.choices).toHaveLength(1);
    expect(reply.model).toBe(last["model"]);
    expect(textOf(parts)).toBe(joined("content"));
    expect(parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("")).toBe(joined("thinking"));
    expect(decoded.map(({ id, name, arguments: text }) => [id, name, JSON.parse(text)])).toEqual(
      calls.map((call) => {
        const called = objectIn(call, "function") ?? {};
        return [call["id"], called["name"], called["arguments"]];
      }),
    );
    expect(events.flatMap((event) => (event.type === "tool-call-start" ? [event.index] : []))).toEqual([
      ...calls.keys(),
    ]);
    expect(reply.choices[0]).toMatchObject({
      finishReason: calls.length > 0 ? "tool_calls" : last["done_reason"],
      nativeFinishReason: last["done_reason"],
      extras: { total_duration: last["total_duration"] },
    });
    expect(reply.usage).toEqual({ inputTokens: last["prompt_eval_count"], outputTokens: last["eval_count"] });
    expect(events[0]?.type).toBe("reply-start");
    expect(events.filter(({ type }) => type === "reply-end")).toHaveLength(1);
  });

  it("are the same however the stream is cut into chunks", () => {
    for (const { bytes } of answers.filter(({ isStream }) => isStream)) {
      const whole = decodeStream(bytes);
      for (const size of [1, 7, 64]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        expect(decodeStream(...pieces)).toEqual(whole);
      }
    }
  });

  it.each(named(answers.filter(({ isStream }) => isStream)))(
    "is never taken for complete where it is cut (Q107): %s",
    (_name, { bytes }) => {
      const last = bytes.lastIndexOf("}");
      for (const cut of cutsIn(bytes).filter((at) => at <= last)) {
        expect(() => decodeStream(bytes.subarray(0, cut)), `cut at ${cut}`).toThrow(
          expect.objectContaining({ code: "upstream_stream_truncated" }) as Error,
        );
      }
    },
  );

  it("of another dialect are no answers", () => {
    const foreign = recordings.filter(
      (recording) => recording.status === 200 && "choices" in (linesOf(recording)[0] ?? {}),
    );
    expect(foreign.map(({ name }) => name)).toEqual([
      "ollama/api-chat-text-structured-with-multiple-tools-structured-mode-1",
    ]);
    for (const recording of foreign) {
      expect(() => decode(recording)).toThrow(expect.objectContaining({ code: "upstream_invalid_response" }) as Error);
    }
  });
});

describe.skipIf(!isHere)("recorded errors (skipped where the recordings are absent)", () => {
  it.each([
    ["ollama/api-chat-error-404-chat-error-records-model-name", 404, "upstream_model_not_found"],
    [
      "ollama/chat-error-400-chat-real-error-scenarios-ollama-cloud-gpt-oss-120b-handles-cont",
      400,
      "context_length_exceeded",
    ],
    ["constructed/ollama/internal-500", 500, "upstream_error"],
  ])("%s", (name, status, code) => {
    const body = parse(readFileSync(`${root}${name}/response.json`, "utf8"));
    expect(toUpstreamError(ollama.decodeError(body, {}), { provider: "acme", status }).code).toBe(code);
  });

  it("inside a stream come after what was said before", () => {
    const recording = recordings.find(({ name }) => name === "constructed/ollama/stream-error-line");
    const decoder = ollama.createDecoder(options);
    const [first, second, ...more] = createNdjsonParser().push(recording?.bytes ?? Buffer.alloc(0));
    if (first === undefined || second === undefined) throw new TypeError("The recording has two lines.");
    expect(more).toEqual([]);
    expect(decoder.decode(first)).toContainEqual(
      expect.objectContaining({ type: "text-delta", choice: 0, text: "Hel" }) as ChatEvent,
    );
    expect(() => decoder.decode(second)).toThrow(
      expect.objectContaining({
        code: "upstream_error",
        upstreamMessage: "an error was encountered while running the model",
      }) as Error,
    );
  });
});
