import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { awsEvent } from "../../../test/aws-message.ts";
import { cutsIn } from "../../../test/cuts.ts";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { textOf } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { createAwsEventStreamParser } from "../../transport/aws-event-stream.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { bedrockConverse } from "./bedrock-converse.ts";

const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const present = existsSync(root);
const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };

interface Recording {
  readonly name: string;
  readonly meta: Json;
  readonly options: DecodeOptions;
  readonly stream?: Buffer;
  readonly body?: Json;
}

const readJson = (path: string): Json => {
  const value: unknown = JSON.parse(readFileSync(root + path, "utf8"));
  if (!isObject(value)) throw new TypeError(`${path} must hold an object.`);
  return value;
};

const linesOf = (path: string): readonly Json[] =>
  readFileSync(root + path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);

/** A recording that kept only the events is framed again. */
const streamOf = (name: string): Buffer | undefined => {
  if (existsSync(`${root}${name}/stream.eventstream`)) return readFileSync(`${root}${name}/stream.eventstream`);
  if (!existsSync(`${root}${name}/stream.decoded.ndjson`)) return undefined;
  const events = linesOf(`${name}/stream.decoded.ndjson`).flatMap((line) => Object.entries(line));
  return Buffer.concat(events.map(([type, payload]) => awsEvent(type, payload)));
};

const read = (name: string): Recording | undefined => {
  const meta = readJson(`${name}/meta.json`);
  if (meta["dialect"] !== "bedrock-converse") return undefined;
  const model = stringIn(meta, "model") ?? "m";
  const stream = streamOf(name);
  return {
    name,
    meta,
    options: { provider: "bedrock", model, quirks: {}, request, requestId: "r1" },
    ...(stream === undefined ? { body: readJson(`${name}/response.json`) } : { stream }),
  };
};

const recordingsIn = (directory: string): readonly Recording[] =>
  present
    ? readdirSync(root + directory)
        .map((name) => read(`${directory}/${name}`))
        .filter((recording) => recording !== undefined)
    : [];

const decodeStream = (bytes: Buffer, options: DecodeOptions): ChatEvent[] => {
  const decoder = bedrockConverse.createDecoder(options);
  const parser = createAwsEventStreamParser();
  const events: ChatEvent[] = [];
  // Both give what came before a failure first.
  for (const frame of parser.push(bytes)) events.push(...decoder.decode(frame));
  parser.end();
  return [...events, ...decoder.end()];
};

/** Where messages of a stream end, and inside them their lengths, their headers and their payloads. */
const partEnds = (bytes: Buffer): readonly number[] => {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const next = at + bytes.readUInt32BE(at);
    ends.push(at + 12, at + 12 + bytes.readUInt32BE(at + 4), next - 4, next);
  }
  return ends;
};

const decode = ({ stream, body = {}, options }: Recording): readonly ChatEvent[] =>
  stream === undefined ? bedrockConverse.decodeReply(body, options) : decodeStream(stream, options);

const collect = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

/** What a recording says, read in the plainest way. */
interface Folded {
  text: string;
  thoughts: string;
  signatures: string[];
  citations: number;
  calls: { name: unknown; input: unknown }[];
  stopReason: string;
  usage: Json;
}

const foldBody = (body: Json): Folded => {
  const folded: Folded = { ...empty(), stopReason: String(body["stopReason"]), usage: objectIn(body, "usage") ?? {} };
  for (const block of arrayIn(objectIn(objectIn(body, "output") ?? {}, "message") ?? {}, "content").filter(isObject)) {
    const cited = objectIn(block, "citationsContent") ?? {};
    const texts = [block, ...arrayIn(cited, "content").filter(isObject)];
    folded.text += texts.map((text) => stringIn(text, "text") ?? "").join("");
    folded.citations += arrayIn(cited, "citations").length;
    const thought = objectIn(objectIn(block, "reasoningContent") ?? {}, "reasoningText") ?? {};
    folded.thoughts += stringIn(thought, "text") ?? "";
    folded.signatures.push(...[stringIn(thought, "signature")].filter((value) => value !== undefined));
    const use = objectIn(block, "toolUse");
    if (use !== undefined && use["type"] !== "server_tool_use") {
      folded.calls.push({ name: use["name"], input: use["input"] });
    }
  }
  return folded;
};

const foldStream = (events: readonly (readonly [string, Json])[]): Folded => {
  const folded = empty();
  const inputs = new Map<unknown, { name: unknown; text: string }>();
  for (const [type, payload] of events) {
    const delta = objectIn(payload, "delta") ?? {};
    const thought = objectIn(delta, "reasoningContent") ?? {};
    folded.text += stringIn(delta, "text") ?? "";
    folded.thoughts += stringIn(thought, "text") ?? "";
    folded.signatures.push(...[stringIn(thought, "signature")].filter((value) => value !== undefined));
    if (delta["citation"] !== undefined) folded.citations++;
    const use = objectIn(objectIn(payload, "start") ?? {}, "toolUse");
    if (use !== undefined && use["type"] !== "server_tool_use") {
      inputs.set(payload["contentBlockIndex"], { name: use["name"], text: "" });
    }
    const call = inputs.get(payload["contentBlockIndex"]);
    if (call !== undefined) call.text += stringIn(objectIn(delta, "toolUse") ?? {}, "input") ?? "";
    if (type === "messageStop") folded.stopReason = String(payload["stopReason"]);
    if (type === "metadata") folded.usage = objectIn(payload, "usage") ?? {};
  }
  folded.calls = [...inputs.values()].map(({ name, text }) => ({ name, input: JSON.parse(text || "{}") as unknown }));
  return folded;
};

const empty = (): Folded => ({
  text: "",
  thoughts: "",
  signatures: [],
  citations: 0,
  calls: [],
  stopReason: "",
  usage: {},
});

const fold = ({ name, body }: Recording): Folded => {
  if (body !== undefined) return foldBody(body);
  const events = linesOf(`${name}/stream.decoded.ndjson`).flatMap((line): [string, Json][] => {
    const { headers, payload } = line;
    if (isObject(headers)) return [[String(headers[":event-type"]), isObject(payload) ? payload : {}]];
    return Object.entries(line).map(([type, value]) => [type, isObject(value) ? value : {}]);
  });
  return foldStream(events);
};

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: "stop",
  tool_use: "tool_calls",
  max_tokens: "length",
  guardrail_intervened: "content_filter",
};

const recordings = recordingsIn("bedrock");
const answers = recordings.filter(({ meta }) => meta["status"] === 200);
const named = (list: readonly Recording[]): [string, Recording][] => list.map((entry) => [entry.name, entry]);

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it.each(named(answers))("%s", (_name, recording) => {
    const expected = fold(recording);
    const events = decode(recording);
    const { choices, usage } = collect(events);
    const [choice] = choices;
    const parts = choice?.parts ?? [];
    const calls = parts.filter((part) => part.type === "tool-call");

    expect(choices).toHaveLength(1);
    expect(textOf(parts)).toBe(expected.text);
    expect(parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("")).toBe(expected.thoughts);
    expect(parts.flatMap((part) => ("signature" in part ? [part.signature] : []))).toEqual(
      expected.signatures.map((value) => ({ format: "anthropic-claude-v1", value })),
    );
    expect(calls.map(({ name, arguments: text }) => ({ name, input: JSON.parse(text) as unknown }))).toEqual(
      expected.calls,
    );
    expect(events.filter(({ type }) => type === "citation")).toHaveLength(expected.citations);
    expect(choice?.nativeFinishReason).toBe(expected.stopReason);
    expect(choice?.finishReason).toBe(finishReasons[expected.stopReason]);

    const count = (name: string): number => numberIn(expected.usage, name) ?? 0;
    expect(usage?.inputTokens).toBe(count("totalTokens") - count("outputTokens"));
    expect(usage?.outputTokens).toBe(count("outputTokens"));
    expect(usage?.cacheReadTokens ?? 0).toBe(count("cacheReadInputTokens"));
    expect(usage?.cacheWriteTokens ?? 0).toBe(count("cacheWriteInputTokens"));
    expect(events[0]?.type).toBe("reply-start");
    expect(events.at(-1)?.type).toBe("reply-end");
  });

  it.each(named(answers.filter(({ stream }) => stream !== undefined)))(
    "is no success where it is cut: %s",
    (_name, { stream = Buffer.alloc(0), options }) => {
      for (const cut of cutsIn(stream, partEnds(stream))) {
        expect(() => decodeStream(stream.subarray(0, cut), options), `cut at ${cut}`).toThrow(
          expect.objectContaining({ code: "upstream_stream_truncated" }),
        );
      }
    },
  );

  it("keeps the guardrail's trace for whoever understands it", () => {
    for (const recording of answers.filter(({ name }) => name.includes("safety-block"))) {
      const metadata = decode(recording).find((event) => event.type === "opaque" && event.name === "metadata");
      expect(metadata).toMatchObject({ value: { trace: { guardrail: {} } } });
    }
  });

  it("cites the text that a block holds", () => {
    const cited = answers.filter(({ name }) => name.includes("citations"));
    expect(cited.length).toBeGreaterThan(2);
    for (const recording of cited) {
      const events = decode(recording);
      const text = textOf(collect(events).choices[0]?.parts ?? []);
      const spans = events.flatMap((event) =>
        event.type === "citation" ? [text.slice(event.citation.start ?? 0, event.citation.end ?? 0)] : [],
      );
      expect(spans.every((span) => span.trim() !== "")).toBe(true);
    }
  });
});

describe.skipIf(!present)("recorded errors (skipped where the recordings are absent)", () => {
  const codes: Readonly<Record<string, string>> = {
    "converse-error-400-chat-real-error-scenarios-bedrock-amazon-nova-2-lite-v1-0-handle": "context_length_exceeded",
    "converse-error-400-model-ids-bare-profile-only-model-id-is-rejected": "upstream_model_not_found",
    "converse-error-403-chat-error-handling-with-bedrock-amazon-nova-2-lite-v1-0-raises": "upstream_auth_failed",
    "converse-error-403-converse-error": "upstream_auth_failed",
    "converse-error-404-model-ids-retired-model-id-preserves-provider-error": "upstream_model_not_found",
    "converse-stream-error-400-converse-stream-with-invalid-model": "upstream_model_not_found",
    "model-error-424": "upstream_error",
    "model-timeout-408": "upstream_timeout",
    "service-unavailable-503": "upstream_overloaded",
    "throttling-429": "upstream_rate_limited",
  };
  const errors = [...recordings, ...recordingsIn("constructed/bedrock")].filter(({ meta }) => meta["status"] !== 200);

  it.each(named(errors))("%s", (name, { meta, body }) => {
    const headers = (objectIn(meta, "headers") ?? {}) as Readonly<Record<string, string>>;
    const details = bedrockConverse.decodeError(body, headers);
    expect(details.message).toBe(body?.["message"]);
    expect(details.type).toMatch(/^[A-Za-z]+Exception$/);
    const error = toUpstreamError(details, { provider: "bedrock", status: Number(meta["status"]), headers });
    expect(error.code).toBe(codes[name.slice(name.lastIndexOf("/") + 1)]);
  });

  it.each([
    ["stream-bad-crc", "upstream_stream_invalid"],
    ["stream-cut-mid-frame", "upstream_stream_truncated"],
    ["stream-error-frame", "upstream_error"],
    ["stream-model-error-exception", "upstream_error"],
    ["stream-throttling-exception", "upstream_rate_limited"],
  ])("tells the text before a failure, and then the failure: %s", (name, code) => {
    const { stream = Buffer.alloc(0), options } = read(`constructed/bedrock/${name}`) ?? {};
    expect(options).toBeDefined();
    const decoder = bedrockConverse.createDecoder(options as DecodeOptions);
    const parser = createAwsEventStreamParser();
    let text = "";
    const run = (): void => {
      for (const frame of parser.push(stream)) {
        for (const event of decoder.decode(frame)) if (event.type === "text-delta") text += event.text;
      }
      parser.end();
      decoder.end();
    };
    expect(run).toThrow(expect.objectContaining({ code }));
    expect(text).toBe("Hel");
  });
});
