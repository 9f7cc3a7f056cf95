import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import { withFrame, type ChatEvent, type EventBatch } from "../../chat/event.ts";
import { rememberSource } from "../../chat/request.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { BackTarget, DecodeOptions, EncodeOptions, Json } from "../dialect.ts";
import { anthropicMessages } from "./anthropic-messages.ts";

// Recorded traffic, kept beside the repository. Without it only the handwritten fixtures of the other files are read.
const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const isPresent = existsSync(root);

interface Recording {
  readonly name: string;
  readonly status: number;
  readonly isCut: boolean;
  readonly path: (file: string) => string;
  readonly has: (file: string) => boolean;
}

const findRecordings = (folder: string): Recording[] =>
  readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (!statSync(path).isDirectory()) return [];
    if (!existsSync(join(path, "meta.json"))) return findRecordings(path);
    const meta = JSON.parse(readFileSync(join(path, "meta.json"), "utf8"));
    if (meta.dialect !== "anthropic-messages" || !/messages|constructed/.test(path)) return [];
    return {
      name: path.slice(root.length),
      status: meta.status,
      isCut: meta.recorded === false,
      path: (file) => join(path, file),
      has: (file) => existsSync(join(path, file)),
    };
  });

const recordings = isPresent ? findRecordings(root) : [];
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

const request = anthropicMessages.decodeRequest({
  model: "claude",
  max_tokens: 10,
  stream: true,
  messages: [{ role: "user", content: "Hi" }],
});
const options: DecodeOptions & EncodeOptions = {
  provider: "anthropic",
  model: "claude",
  quirks: {},
  request,
  requestId: "1",
  created: 0,
};

/** Decodes a stream the way the gateway reads one: one batch for each chunk. */
const decodeStream = (chunks: readonly Uint8Array[]): { batches: EventBatch[]; isProper: boolean; error?: unknown } => {
  const parser = createSseParser();
  const decoder = anthropicMessages.createDecoder(options);
  const batches: EventBatch[] = [];
  const read = (frames: ReturnType<typeof parser.push>): void => {
    const batch: ChatEvent[] = [];
    for (const frame of frames) {
      if (decoder.ended()) continue;
      const events = decoder.decode(frame);
      expect(events.length).toBeGreaterThan(0);
      batch.push(
        ...(decoder.broken?.() === true ? events : withFrame(anthropicMessages.id, "stream", frame.raw, events)),
      );
    }
    if (batch.length > 0) batches.push(batch);
  };
  try {
    for (const chunk of chunks) read(parser.push(chunk));
    read(parser.end());
    batches.push(decoder.end());
    return { batches, isProper: decoder.ended() };
  } catch (error) {
    return { batches, isProper: false, error };
  }
};

const collectEvents = (batches: readonly EventBatch[]): CollectedReply => {
  const collector = createCollector();
  for (const event of batches.flat()) collector.push(event);
  return collector.result();
};

const encodeStream = (batches: readonly EventBatch[]): string => {
  const encoder = anthropicMessages.createEncoder(options);
  return batches.map((batch) => encoder.encode(batch)).join("") + encoder.end();
};

const withoutFrames = (batches: readonly EventBatch[]): EventBatch[] =>
  batches.map((batch) => batch.map(({ frame: _frame, ...event }) => event as ChatEvent)); // The same event, less one field

/** The message a stream makes, put together as plainly as can be. */
const foldStream = (stream: string): Json => {
  let message: any;
  const inputs: string[] = [];
  for (const frame of stream.split(/\r?\n\r?\n/)) {
    const data = /^data: ?(.*)$/m.exec(frame)?.[1];
    if (data === undefined || data === "[DONE]") continue;
    const event = JSON.parse(data);
    const block = message?.content[event.index];
    switch (event.type) {
      case "message":
        return event;
      case "message_start":
        message = structuredClone(event.message);
        break;
      case "content_block_start":
        message.content[event.index] = structuredClone(event.content_block);
        inputs[event.index] = "";
        break;
      case "content_block_delta":
        if (event.delta.type === "text_delta") block.text += event.delta.text;
        if (event.delta.type === "thinking_delta") block.thinking += event.delta.thinking;
        if (event.delta.type === "signature_delta") block.signature += event.delta.signature;
        if (event.delta.type === "input_json_delta") inputs[event.index] += event.delta.partial_json;
        if (event.delta.type === "citations_delta") (block.citations ??= []).push(event.delta.citation);
        break;
      case "content_block_stop":
        if (inputs[event.index]) block.input = JSON.parse(inputs[event.index] ?? "");
        break;
      case "message_delta":
        Object.assign(message, event.delta);
        Object.assign(message.usage, event.usage);
        break;
      default:
    }
  }
  return message;
};

const ends: Record<string, string> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** What an answer must come down to, straight from the message. */
const expectSame = (reply: CollectedReply, message: any): void => {
  expect(reply.id).toBe(message.id);
  expect(reply.model).toBe(message.model);
  const [choice] = reply.choices;
  const parts = choice?.parts.filter(({ type }) => type !== "refusal") ?? [];
  const known = ["text", "thinking", "redacted_thinking", "tool_use"];
  const blocks = message.content.filter((block: any) => known.includes(block.type) && block.text !== "");
  const said = parts.map((part) => {
    if (part.type === "text") return { type: "text", text: part.text };
    if (part.type === "tool-call") return { type: "tool_use", id: part.id, name: part.name, input: JSON.parse(part.arguments) };
    if (part.type !== "reasoning") return part;
    return part.encrypted === undefined
      ? { type: "thinking", thinking: part.text, signature: part.signature?.value ?? "" }
      : { type: "redacted_thinking", data: part.encrypted.value };
  });
  expect(said).toEqual(
    blocks.map(({ type, text, id, name, input, thinking, signature, data }: any) =>
      JSON.parse(JSON.stringify({ type, text, id, name, input, thinking, signature, data })),
    ),
  );
  expect(choice?.citations.map(({ raw }) => raw?.value)).toEqual(
    message.content.flatMap((block: any) => block.citations ?? []),
  );
  expect(choice?.finishReason).toBe(ends[message.stop_reason]);
  expect(choice?.nativeFinishReason).toBe(message.stop_reason);
  expect(choice?.stopSequence ?? null).toBe(message.stop_sequence);
  const { usage } = message;
  expect(reply.usage?.outputTokens).toBe(usage.output_tokens);
  expect(reply.usage?.inputTokens).toBe(
    usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
  );
  expect(reply.usage?.cacheReadTokens).toBe(usage.cache_read_input_tokens);
  const refusals = choice?.parts.filter(({ type }) => type === "refusal") ?? [];
  expect(refusals).toEqual(
    message.stop_details?.explanation ? [{ type: "refusal", text: message.stop_details.explanation }] : [],
  );
};

describe.skipIf(!isPresent)("recorded messages (skipped where the recordings are absent)", () => {
  const whole = recordings.filter(({ status, has }) => status < 300 && has("response.json"));
  const streams = recordings.filter(({ isCut, has }) => !isCut && has("stream.sse"));
  // One proxy put a whole message into a single frame: no client could read that as a stream.
  const faithful = streams.filter(({ path }) => !readFileSync(path("stream.sse"), "utf8").startsWith("event: message\n"));
  const requests = recordings.filter(({ has }) => has("request.json"));

  it("are there", () => {
    expect(whole.length).toBeGreaterThan(20);
    expect(streams.length).toBeGreaterThan(25);
    expect(requests.length).toBeGreaterThan(40);
  });

  it.each(whole)("a whole answer keeps all it says: $name", ({ path }) => {
    const message = readJson(path("response.json"));
    const events = anthropicMessages.decodeReply(message, options);
    const reply = collectEvents([events]);
    expectSame(reply, message);
    const written = JSON.parse(anthropicMessages.encodeReply(reply, options));
    expectSame(collectEvents([anthropicMessages.decodeReply(written, options)]), written);
    expect(written.stop_reason).toBe(message.stop_reason);
    expect(written.usage).toMatchObject({ input_tokens: message.usage.input_tokens });
    expectSame(reply, { ...message, content: written.content });
  });

  it.each(whole)("a whole answer can be streamed: $name", ({ path }) => {
    const message = readJson(path("response.json"));
    const streamed = foldStream(encodeStream([anthropicMessages.decodeReply(message, options)]));
    expectSame(collectEvents([anthropicMessages.decodeReply(message, options)]), streamed);
    const types = (content: any) => content.map(({ type }: any) => type);
    expect(types(streamed["content"])).toEqual(types(message.content));
  });

  it.each(streams)("a stream says what its frames say: $name", ({ path }) => {
    const bytes = readFileSync(path("stream.sse"));
    const { batches, isProper, error } = decodeStream([bytes]);
    expect(error).toBeUndefined();
    expect(isProper).toBe(true);
    expectSame(collectEvents(batches), foldStream(bytes.toString()));
  });

  it.each(faithful)("a stream passes byte for byte: $name", ({ path }) => {
    const text = readFileSync(path("stream.sse"), "utf8");
    const { batches } = decodeStream([Buffer.from(text)]);
    // The end mark of another dialect, which a proxy sends after the end, is nobody's any more.
    expect(encodeStream(batches)).toBe(text.replace("event: data\ndata: [DONE]\n\n", ""));
  });

  it.each(streams)("a stream written anew says the same: $name", ({ path }) => {
    const text = readFileSync(path("stream.sse"), "utf8");
    const { batches } = decodeStream([Buffer.from(text)]);
    const written = encodeStream(withoutFrames(batches));
    const again = decodeStream([Buffer.from(written)]);
    expect(again.isProper).toBe(true);
    const [before, after] = [foldStream(text), foldStream(written)].map(({ content }: any) =>
      content.filter((block: any) => block.text !== "").map(({ citations, ...block }: any) => ({
        ...block,
        ...(citations?.length > 0 ? { citations } : {}),
      })),
    );
    expect(after).toEqual(before);
    expectSame(collectEvents(batches), foldStream(written));
  });

  it.each(requests)("a request keeps its bytes and its meaning: $name", ({ path }) => {
    const body = readJson(path("request.json"));
    const model = body.model ?? "claude-sonnet-4-5";
    const target: BackTarget = { provider: "anthropic", model, quirks: {} };
    const bytes = readFileSync(path("request.json"));
    const decoded = anthropicMessages.decodeRequest({ model, ...body });
    if (body.model !== undefined) {
      rememberSource(decoded, { dialect: "anthropic-messages", bytes, body });
      expect(anthropicMessages.encodeRequest(decoded, target).body).toBe(bytes);
      const renamed = anthropicMessages.encodeRequest(decoded, { ...target, model: "other" }).body;
      expect(JSON.parse(Buffer.from(renamed as Uint8Array).toString())).toEqual({ ...body, model: "other" });
    }
    const { body: written } = anthropicMessages.encodeRequest({ ...decoded }, target);
    expect(plain(JSON.parse(String(written)))).toEqual(plain({ model, ...body }));
  });
});

/**
 * A request less the freedoms of the dialect: a text for a list of one text, results before other content, an empty
 * list of tools, a deprecated name, and a temperature that says nothing.
 */
const plain = (body: any): unknown => {
  const toBlocks = (content: any) => (typeof content === "string" ? [{ type: "text", text: content }] : content);
  const toMessage = ({ content, ...message }: any) => {
    const blocks = toBlocks(content).map((block: any) =>
      block.type === "tool_result" && block.content !== undefined ? { ...block, content: toBlocks(block.content) } : block,
    );
    const isResult = ({ type }: any) => type === "tool_result";
    return {
      ...message,
      content: [...blocks.filter(isResult), ...blocks.filter((block: any) => !isResult(block))],
    };
  };
  const { output_format: format, ...rest } = body;
  return JSON.parse(
    JSON.stringify({
      ...rest,
      stream: body.stream === true ? true : undefined,
      tools: body.tools?.length === 0 ? undefined : body.tools,
      temperature: body.temperature === 1 ? undefined : body.temperature,
      system: body.system === undefined ? undefined : toBlocks(body.system),
      messages: body.messages.map(toMessage),
      ...(format && { output_config: { ...body.output_config, format } }),
    }),
  );
};

describe.skipIf(!isPresent)("cut recordings (skipped where the recordings are absent)", () => {
  const cut = recordings.filter(({ isCut, has }) => isCut && has("stream.sse"));

  it.each(cut)("a stream that broke never looks complete: $name", ({ path }) => {
    const { batches, isProper, error } = decodeStream([readFileSync(path("stream.sse"))]);
    expect(isProper).toBe(false);
    expect(error).toMatchObject({ name: "UpstreamError", code: /^upstream_(stream_(truncated|invalid)|overloaded)$/ });
    expect(batches.flat().some(({ type }) => type === "reply-end")).toBe(false);
  });

  const refusals = recordings.filter(({ status, has }) => status >= 300 && has("response.json"));

  it.each(refusals)("an error body tells type and message: $name", ({ path }) => {
    const body = readJson(path("response.json"));
    const details = anthropicMessages.decodeError(body);
    expect(details.type).toBe(body.error.type);
    expect(details.message).toBe(body.error.message);
  });
});
