import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import { withFrame, type ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import type { Quirks } from "../quirks.ts";
import { openaiChat } from "./openai-chat.ts";
import { asText } from "../../testing/as-text.ts";

interface Case {
  readonly dir: string;
  readonly provider: string;
  readonly dialect: string;
  readonly status: number;
}

const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const present = existsSync(`${root}index.json`);
const cases: readonly Case[] = present
  ? (JSON.parse(readFileSync(`${root}index.json`, "utf8")) as Case[]).filter(({ dialect }) => dialect === "openai-chat")
  : [];
const withFile = (name: string, test: (one: Case) => boolean = () => true): Case[] =>
  cases.filter((one) => existsSync(`${root}${one.dir}/${name}`) && test(one));
const read = ({ dir }: Case, name: string): Buffer => readFileSync(`${root}${dir}/${name}`);

const anyRequest: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const optionsFor = (one: Case, quirks: Quirks = { doneMarker: "optional" }): DecodeOptions => ({
  provider: one.provider,
  model: "m",
  quirks,
  request: anyRequest,
  requestId: "r",
});

const collectAll = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

/** Decodes a stream as a reader of the network would, in chunks of one size. */
const decodeStream = (stream: Uint8Array, options: DecodeOptions, size = stream.length): ChatEvent[] => {
  const parser = createSseParser();
  const decoder = openaiChat.createDecoder(options);
  const events: ChatEvent[] = [];
  const take = (frames: ReturnType<typeof parser.push>, ending = ""): void => {
    for (const frame of frames) {
      if (decoder.ended()) return;
      const decoded = decoder.decode(frame);
      if (decoder.broken?.() !== true) withFrame("openai-chat", "stream", { raw: frame.raw + ending }, decoded);
      events.push(...decoded);
    }
  };
  for (let at = 0; at < stream.length; at += size) take(parser.push(stream.subarray(at, at + size)));
  take(parser.end(), "\n\n");
  return [...events, ...decoder.end()];
};

const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    return value.map((part: Json) => (part["type"] === "text" ? String(part["text"]) : "")).join("");
  }
  return value === null || value === undefined ? "" : JSON.stringify(value);
};

/** What a stream says, folded without any of the decoder's code. */
const naiveFold = (stream: string) => {
  let answer = "";
  const calls: { name: string; arguments: string }[] = [];
  let finish: string | undefined;
  let usage: Json | undefined;
  for (const block of stream.replace(/^\uFEFF/, "").split(/\r\n\r\n|\n\n|\r\r/)) {
    const lines = block.split(/\r\n|\n|\r/).filter((line) => line.startsWith("data:"));
    const data = lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
    if (data.trim() === "") continue;
    if (data === "[DONE]") break;
    const chunk = JSON.parse(data);
    const choice = chunk.choices?.find((one: Json) => (one["index"] ?? 0) === 0);
    answer += textOf(choice?.delta?.content);
    for (const piece of choice?.delta?.tool_calls ?? []) {
      const call = (calls[piece.index] ??= { name: "", arguments: "" });
      call.name ||= piece.function?.name ?? "";
      call.arguments += piece.function?.arguments ?? "";
    }
    if (choice?.finish_reason) finish = choice.finish_reason;
    const stated = chunk.usage ?? chunk.x_groq?.usage;
    if (typeof stated?.completion_tokens === "number") usage = stated;
  }
  return { answer, calls, finish, usage };
};

const mapped: Readonly<Record<string, string>> = { tool_call: "tool_calls", eos: "stop", function_call: "tool_calls" };
const finishOf = (word: string | undefined, calls: number): string => {
  const reason = mapped[word ?? "stop"] ?? word ?? "stop";
  return calls > 0 && reason === "stop" ? "tool_calls" : reason;
};

const callsOf = (reply: CollectedReply): { name: string; arguments: string }[] =>
  (reply.choices[0]?.parts ?? []).flatMap((part) =>
    part.type === "tool-call" ? [{ name: part.name, arguments: part.arguments }] : [],
  );

describe.skipIf(!present)("recorded traffic (skipped where the recordings are absent)", () => {
  const broken = /stream-cut|stream-error/;
  const streams = withFile("stream.sse", ({ dir }) => !broken.test(dir));
  const wholes = withFile("response.json", ({ status, dir }) => status < 400 && !dir.includes("error-in-200"));
  const errors = withFile("response.json", ({ status }) => status >= 400);

  it("is there in numbers", () => {
    expect(streams.length).toBeGreaterThan(80);
    expect(wholes.length).toBeGreaterThan(70);
    expect(errors.length).toBeGreaterThan(30);
  });

  it.each(streams)("reads the stream $dir as it is", (one) => {
    const stream = read(one, "stream.sse");
    const reply = collectAll(decodeStream(stream, optionsFor(one)));
    const naive = naiveFold(stream.toString());
    expect(reply.text).toBe(naive.answer);
    expect(callsOf(reply)).toEqual(naive.calls.map(withArguments));
    expect(reply.choices[0]?.finishReason).toBe(finishOf(naive.finish, naive.calls.length));
    expect(reply.usage?.inputTokens).toBe(naive.usage?.["prompt_tokens"]);
    expect(reply.usage?.outputTokens).toBe(
      /xai/.test(one.dir) ? naiveOutput(naive.usage) : naive.usage?.["completion_tokens"],
    );
  });

  it.each(streams)("forwards the stream $dir byte for byte, however it is cut", (one) => {
    const stream = read(one, "stream.sse");
    const events = decodeStream(stream, optionsFor(one), 1000);
    const request = { ...anyRequest, includeUsage: true };
    const encoder = asText(openaiChat.createEncoder({ requestId: "r", created: 1, request }));
    const written = events.map((event) => encoder.encode(framesOf(event))).join("") + encoder.end();
    const raw = stream.toString().replace(/^\uFEFF/, "");
    const isMended = events.some((event) => event.type !== "opaque" && event.frame === undefined);
    expect(isMended).toBe(mended.test(one.dir));
    expect(isMended ? naiveFold(written).answer : written).toBe(isMended ? naiveFold(raw).answer : endAsPromised(raw));
  });

  it.each(wholes)("reads the answer $dir as it is", (one) => {
    const body = JSON.parse(read(one, "response.json").toString());
    const reply = collectAll(openaiChat.decodeReply(body, optionsFor(one)));
    expect(reply.choices.length).toBe(body.choices.length);
    const [choice] = body.choices;
    expect(reply.text).toBe(textOf(choice.message?.content));
    const calls = (choice.message?.tool_calls ?? []).map((call: { function: unknown }) => call.function);
    expect(callsOf(reply)).toEqual(calls);
    expect(reply.choices[0]?.finishReason).toBe(finishOf(choice.finish_reason, calls.length));
    expect(reply.usage?.inputTokens).toBe(body.usage?.prompt_tokens);
    const details: Json[] = choice.message?.reasoning_details ?? [];
    const detailed = details.map(({ text, summary }) => text ?? summary ?? "").join("");
    const reasoning = detailed || (choice.message?.reasoning_content ?? choice.message?.reasoning ?? "");
    const parts = reply.choices[0]?.parts ?? [];
    expect(parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("")).toBe(reasoning);
  });

  it.each(wholes)("writes the answer $dir so that it reads the same again", (one) => {
    const options = optionsFor(one);
    const reply = collectAll(openaiChat.decodeReply(JSON.parse(read(one, "response.json").toString()), options));
    const written = JSON.parse(openaiChat.encodeReply(reply, { requestId: "r", created: 1, request: anyRequest }));
    const again = collectAll(openaiChat.decodeReply(written, { ...options, quirks: {} }));
    expect(again.choices.map(({ parts, finishReason }) => ({ parts, finishReason }))).toEqual(
      reply.choices.map(({ parts, finishReason }) => ({ parts, finishReason })),
    );
    expect(again.usage?.outputTokens).toBe(reply.usage?.outputTokens);
  });

  it.each(withFile("stream.sse", ({ dir }) => broken.test(dir)))("throws on the broken stream $dir", (one) => {
    expect(() => decodeStream(read(one, "stream.sse"), optionsFor(one))).toThrow(GatewayError);
  });

  it.each(errors)("finds the words in the error $dir", (one) => {
    const source = read(one, "response.json").toString();
    const details = openaiChat.decodeError(JSON.parse(source));
    expect(details.message).toBeTypeOf("string");
    expect(source).toContain(details.message?.slice(-5).replaceAll('"', ""));
  });

  it("never ends a cut stream without throwing, wherever it is cut", () => {
    const one = cases.find(({ dir }) => dir === "constructed/sse/crlf");
    if (one === undefined) throw new Error("the recording is gone");
    const stream = read(one, "stream.sse");
    const end = stream.indexOf("[DONE]");
    for (let length = 0; length < end + "[DONE]".length; length++) {
      expect(() => decodeStream(stream.subarray(0, length), optionsFor(one, {})), `cut at ${length}`).toThrow(
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

/** Some models write null where there are no arguments. */
const withArguments = (call: { name: string; arguments: string }): typeof call =>
  call.arguments === "null" ? { ...call, arguments: "" } : call;

const naiveOutput = (usage: Json | undefined): number | undefined => {
  const details = usage?.["completion_tokens_details"] as Record<string, number> | undefined;
  return usage === undefined ? undefined : Number(usage["completion_tokens"]) + (details?.["reasoning_tokens"] ?? 0);
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
