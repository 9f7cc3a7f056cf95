import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cutsIn } from "../../../test/cuts.ts";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { openaiChat } from "../openai-chat/openai-chat.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { cohere } from "./cohere.ts";

const root = fileURLToPath(new URL("../../../../../../shared/fixtures/cohere/", import.meta.url));
const present = existsSync(root);
const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

interface Recording {
  readonly name: string;
  readonly status: number;
  readonly request: Json;
  readonly body: string;
  readonly isStream: boolean;
}

const readJson = (path: string): Json => {
  const value: unknown = JSON.parse(readFileSync(root + path, "utf8"));
  return isObject(value) ? value : {};
};

const read = (name: string): Recording => {
  const isStream = existsSync(`${root}${name}/stream.sse`);
  return {
    name,
    status: Number(readJson(`${name}/meta.json`)["status"]),
    request: readJson(`${name}/request.json`),
    body: readFileSync(`${root}${name}/${isStream ? "stream.sse" : "response.json"}`, "utf8"),
    isStream,
  };
};

const recordings = present
  ? readdirSync(root)
      .filter((name) => name.startsWith("chat-"))
      .map(read)
  : [];
const answers = recordings.filter(({ status }) => status === 200);
const named = (list: readonly Recording[]): readonly (readonly [string, Recording])[] =>
  list.map((recording) => [recording.name, recording]);

const decodeStream = (body: Uint8Array): readonly ChatEvent[] => {
  const decoder = cohere.createDecoder(options);
  const parser = createSseParser();
  const events: ChatEvent[] = [];
  for (const frame of [...parser.push(body), ...parser.end()]) {
    // Nothing is read after the proper end.
    if (!decoder.ended()) events.push(...decoder.decode(frame));
  }
  return [...events, ...decoder.end()];
};

const decode = ({ body, isStream }: Recording): readonly ChatEvent[] =>
  isStream ? decodeStream(Buffer.from(body)) : cohere.decodeReply(JSON.parse(body) as Json, options);

const collect = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

interface Folded {
  text: string;
  thoughts: string;
  readonly calls: { id: unknown; name: unknown; arguments: string }[];
  readonly cited: unknown[];
  ending: Json;
}

/** What the recording says, read in the plainest way. */
const fold = ({ body, isStream }: Recording): Folded => {
  const folded: Folded = { text: "", thoughts: "", calls: [], cited: [], ending: {} };
  const add = (message: Json, list: (name: string) => readonly Json[]): void => {
    folded.thoughts += stringIn(message, "tool_plan") ?? "";
    for (const item of list("content")) {
      folded.thoughts += stringIn(item, "thinking") ?? "";
      folded.text += stringIn(item, "text") ?? "";
    }
    for (const call of list("tool_calls")) {
      const { name, arguments: text } = objectIn(call, "function") ?? {};
      if (name !== undefined) folded.calls.push({ id: call["id"], name, arguments: "" });
      const last = folded.calls.at(-1);
      if (last !== undefined) last.arguments += String(text);
    }
    for (const citation of list("citations")) folded.cited.push(citation["text"]);
  };
  if (!isStream) {
    folded.ending = JSON.parse(body) as Json;
    const message = objectIn(folded.ending, "message") ?? {};
    add(message, (name) => arrayIn(message, name).filter(isObject));
    return folded;
  }
  for (const line of body.split("\n")) {
    if (!line.startsWith("data: {")) continue;
    const event = JSON.parse(line.slice(6)) as Json;
    const delta = objectIn(event, "delta") ?? {};
    const message = objectIn(delta, "message") ?? {};
    add(message, (name) => [objectIn(message, name)].filter((value) => value !== undefined));
    if (event["type"] === "message-end") folded.ending = delta;
  }
  return folded;
};

const reasons: Readonly<Record<string, string>> = { COMPLETE: "stop", MAX_TOKENS: "length", TOOL_CALL: "tool_calls" };

const count = (holder: Json, name: string): number => Number(holder[name] ?? 0);

describe.skipIf(!present)("recordings (skipped where they are absent)", () => {
  it("are all there", () => {
    expect(recordings.length).toBe(15);
    expect(answers.filter(({ isStream }) => isStream).length).toBe(6);
  });

  it.each(named(answers))("answer %s", (_name, recording) => {
    const expected = fold(recording);
    const events = decode(recording);
    const reply = collect(events);
    const choice = reply.choices[0];
    const parts = choice?.parts ?? [];

    expect(events[0]).toMatchObject({ type: "reply-start", id: expect.any(String) as unknown });
    expect(reply.text).toBe(expected.text);
    expect(parts.map((part) => (part.type === "reasoning" ? part.text : "")).join("")).toBe(expected.thoughts);
    expect(
      parts.flatMap((part) =>
        part.type === "tool-call" ? [{ id: part.id, name: part.name, arguments: part.arguments }] : [],
      ),
    ).toEqual(expected.calls);
    expect(choice?.finishReason).toBe(reasons[String(expected.ending["finish_reason"])]);
    expect(choice?.nativeFinishReason).toBe(expected.ending["finish_reason"]);

    const usage = objectIn(expected.ending, "usage") ?? {};
    const tokens = objectIn(usage, "tokens") ?? {};
    expect(reply.usage).toMatchObject({
      inputTokens: count(tokens, "input_tokens") + count(tokens, "image_tokens"),
      outputTokens: count(tokens, "output_tokens"),
    });
    expect(reply.usage?.cacheReadTokens).toBe(usage["cached_tokens"]);
    expect(reply.usage?.reasoningTokens).toBe(tokens["reasoning_tokens"]);
    expect(choice?.extras).toEqual({ cohere: { usage } });
    expect(reply.usage?.cacheReadTokens ?? 0).toBeLessThanOrEqual(reply.usage?.inputTokens ?? 0);
    expect(events.filter((event) => event.type === "reply-end").length).toBe(1);
    expect(events.some((event) => event.type === "opaque" && event.name === "citation")).toBe(false);

    // Each citation covers the text it names.
    expect(choice?.citations.map(({ citedText }) => citedText)).toEqual(expected.cited);
    for (const { start, end, citedText } of choice?.citations ?? []) {
      expect(reply.text.slice(start, end)).toBe(citedText);
    }
  });

  it.each(named(answers.filter(({ isStream }) => isStream)))(
    "ends %s where its end came, and not before",
    (_name, { body }) => {
      const bytes = Buffer.from(body);
      const whole = decodeStream(bytes);
      // All that the last event says is there when its line is.
      const complete = bytes.indexOf("\n", bytes.indexOf("event: message-end\ndata:") + 25);
      const decodeUpTo = (cut: number): readonly ChatEvent[] => decodeStream(bytes.subarray(0, cut));
      for (const cut of cutsIn(bytes).filter((at) => at < complete)) {
        expect(() => decodeUpTo(cut), `cut at ${cut}`).toThrow(/stream/);
      }
      for (let cut = complete; cut < bytes.length; cut++) expect(decodeUpTo(cut)).toEqual(whole);
    },
  );

  it.each(named(recordings.filter(({ status }) => status !== 200)))("refusal %s", (_name, { body, status }) => {
    const error = toUpstreamError(cohere.decodeError(JSON.parse(body), {}), { provider: "acme", status });
    expect(error.code).toBe(status === 401 ? "upstream_auth_failed" : "upstream_model_not_found");
    expect(error.upstreamMessage).toBe((JSON.parse(body) as Json)["message"]);
  });

  const plainText = (content: unknown): unknown => {
    const [only, ...more]: unknown[] = Array.isArray(content) ? content : [];
    return more.length === 0 && isObject(only) && only["type"] === "text" ? only["text"] : content;
  };
  /** The same request in its plainest form: nothing said that holds anyway. */
  const plain = ({ messages, documents, stream, ...rest }: Json): Json => ({
    ...rest,
    ...(stream === true ? { stream } : {}),
    ...(Array.isArray(documents) && documents.length > 0 ? { documents } : {}),
    messages: arrayIn({ messages }, "messages")
      .filter(isObject)
      .map((message) => ({ ...message, content: plainText(message["content"]) })),
  });

  it.each(named(answers.filter(({ body }) => !body.includes('"tool_output"'))))(
    "%s is asked for as it was, by a client of another dialect",
    (_name, recording) => {
      const { response_format: format, tool_choice: choice, documents = [], ...rest } = recording.request;
      const schema = isObject(format)
        ? { response_format: { type: "json_schema", json_schema: { name: "x", schema: format["json_schema"] } } }
        : {};
      const asked = openaiChat.decodeRequest({
        ...rest,
        ...schema,
        ...(choice === undefined ? {} : { tool_choice: String(choice).toLowerCase() }),
      });
      const files = arrayIn({ documents }, "documents")
        .filter(isObject)
        .map((each) => objectIn(each, "data") ?? {});
      const [first, ...more] = asked.messages;
      const withFiles: ChatRequest = {
        ...asked,
        messages: [
          {
            role: "user",
            ...first,
            parts: [
              ...(first?.parts ?? []),
              ...files.map(({ title, text }) => ({
                type: "file" as const,
                source: { type: "text" as const, text: String(text) },
                ...(title === undefined ? {} : { title: String(title) }),
              })),
            ],
          },
          ...more,
        ],
      };
      const target = { provider: "acme", model: String(rest["model"]), quirks: {} };
      const encoded = cohere.encodeRequest(withFiles, target);
      const expected = plain(recording.request);
      // Ids of documents and what else they hold is for the provider's own clients.
      const bare = files.map(({ title, text }) => ({ data: { ...(title === undefined ? {} : { title }), text } }));
      expect(encoded.dropped).toEqual([]);
      expect(plain(JSON.parse(String(encoded.body)) as Json)).toEqual(
        bare.length === 0 ? expected : { ...expected, documents: bare },
      );
    },
  );
});
