import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { converse, conversePath, post, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const model = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (body: unknown): Promise<any> => (await post(simulator, conversePath(model), body)).json();

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly payload: any;
}

const readHeaders = (bytes: Buffer): Readonly<Record<string, string>> => {
  const headers: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    expect(bytes.readUInt8(nameEnd)).toBe(7);
    headers[bytes.toString("utf8", at + 1, nameEnd)] = bytes.toString("utf8", nameEnd + 3, valueEnd);
    at = valueEnd;
  }
  return headers;
};

/** Takes a finished stream apart and checks every checksum, with no help from the code under test. */
const readMessages = (bytes: Buffer): readonly Message[] => {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const frame = bytes.subarray(at, at + bytes.readUInt32BE(at));
    expect(crc32(frame.subarray(0, 8))).toBe(frame.readUInt32BE(8));
    expect(crc32(frame.subarray(0, -4))).toBe(frame.readUInt32BE(frame.length - 4));
    const headersEnd = 12 + frame.readUInt32BE(4);
    const { p: _, ...payload } = JSON.parse(frame.toString("utf8", headersEnd, frame.length - 4));
    messages.push({ headers: readHeaders(frame.subarray(12, headersEnd)), payload });
    at += frame.length;
  }
  return messages;
};

const stream = async (body: unknown, fault = ""): Promise<readonly Message[]> => {
  const headers: Record<string, string> = fault === "" ? {} : { "x-simulator-fault": fault };
  const response = await post(simulator, conversePath(model, "converse-stream"), body, headers);
  expect(response.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
  return readMessages(Buffer.from(await response.arrayBuffer()));
};

const tool = (name: string): Body => ({
  toolSpec: {
    name,
    description: "Tells the weather",
    inputSchema: { json: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
  },
});
const toolConfig = { tools: [tool("get_weather")] };
const question = "What is the weather in Paris and Rome?";
const user = (...content: readonly unknown[]): Body => ({ role: "user", content });
const assistant = (...content: readonly unknown[]): Body => ({ role: "assistant", content });

describe("answers", () => {
  test("have a message, a reason to stop and counts", async () => {
    expect(await ask(converse('Say "alpha"'))).toMatchObject({
      output: { message: { role: "assistant", content: [{ text: "alpha" }] } },
      stopReason: "end_turn",
      usage: { outputTokens: 1 },
      metrics: { latencyMs: expect.any(Number) },
    });
  });

  test("are for the model in the path, whatever letters its name has", async () => {
    const arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0";
    await post(simulator, conversePath(arn), converse("Hello"));
    expect(simulator.requests[0]?.model).toBe(arn);
  });

  test("call tools and use what they bring", async () => {
    const { output, stopReason } = await ask(converse(question, { toolConfig }));
    expect(stopReason).toBe("tool_use");
    const uses = output.message.content.filter((block: Body) => "toolUse" in block);
    expect(uses).toMatchObject([
      { toolUse: { name: "get_weather", input: { city: "Paris" }, toolUseId: expect.stringMatching(/^tooluse_/u) } },
      { toolUse: { input: { city: "Rome" } } },
    ]);
    const results = uses.map(({ toolUse }: { toolUse: Body }, index: number) => ({
      toolResult: {
        toolUseId: toolUse["toolUseId"],
        content: [index === 0 ? { text: "21°C" } : { json: { degrees: 24 } }],
      },
    }));
    const answer = await ask({ toolConfig, messages: [user({ text: question }), output.message, user(...results)] });
    expect(answer.output.message.content[0].text).toBe(
      'According to get_weather: 21°C\nAccording to get_weather: {"degrees":24}',
    );
  });

  test("think in the words of each family, and take signed thoughts back unaltered", async () => {
    const thinking = { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } } };
    const { content } = (await ask(converse("Why?", thinking))).output.message;
    const [{ reasoningContent: thought }] = content;
    expect(thought.reasoningText).toMatchObject({ text: expect.any(String), signature: expect.any(String) });
    const goOn = (reasoningContent: unknown) =>
      ask({ messages: [user({ text: "Why?" }), assistant({ reasoningContent }, content[1]), user({ text: "And?" })] });
    expect((await goOn(thought)).stopReason).toBe("end_turn");
    const altered = { reasoningText: { ...thought.reasoningText, text: "other" } };
    expect((await goOn(altered)).message).toContain("Invalid `signature`");
    const nova = { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } };
    const other = await ask(converse("Why?", { additionalModelRequestFields: nova }));
    expect(other.output.message.content).toHaveLength(2);
  });

  test("are held to a schema, to limits and to a choice", async () => {
    const schema = JSON.stringify({ type: "object", properties: { city: { type: "string" } }, required: ["city"] });
    const textFormat = { type: "json_schema", structure: { jsonSchema: { schema, name: "place" } } };
    const place = await ask(converse("Where is Lisbon?", { outputConfig: { textFormat } }));
    expect(JSON.parse(place.output.message.content[0].text)).toEqual({ city: "Lisbon" });
    const limit = (inferenceConfig: Body) => ask(converse("Count to 9", { inferenceConfig }));
    expect((await limit({ maxTokens: 4 })).stopReason).toBe("max_tokens");
    expect(await limit({ stopSequences: ["4"] })).toMatchObject({
      stopReason: "stop_sequence",
      output: { message: { content: [{ text: "1, 2, 3, " }] } },
    });
    const choose = (toolChoice: Body) =>
      ask(converse("Good morning", { toolConfig: { tools: [tool("a"), tool("b")], toolChoice } }));
    expect((await choose({ tool: { name: "b" } })).output.message.content).toMatchObject([{ toolUse: { name: "b" } }]);
    expect((await choose({ any: {} })).output.message.content).toMatchObject([{ toolUse: { name: "a" } }]);
  });

  test("report what was kept where a marker stood, apart from the input", async () => {
    const long = "A rule to keep. ".repeat(600);
    const body = converse("Hello", { system: [{ text: long }, { cachePoint: { type: "default" } }] });
    const first = (await ask(body)).usage;
    expect(first.cacheWriteInputTokens).toBeGreaterThan(1_000);
    const second = (await ask(body)).usage;
    expect(second).toMatchObject({ cacheReadInputTokens: first.cacheWriteInputTokens, cacheWriteInputTokens: 0 });
    expect(second.totalTokens).toBe(second.inputTokens + second.cacheReadInputTokens + second.outputTokens);
  });

  test("have their input counted", async () => {
    const counted = await post(simulator, conversePath(model, "count-tokens"), {
      input: { converse: converse("Hello") },
    });
    expect(await counted.json()).toEqual({ inputTokens: (await ask(converse("Hello"))).usage.inputTokens });
  });
});

describe("streams", () => {
  test("are binary messages that add up to the whole answer, counts last", async () => {
    const messages = await stream(converse("Why is the sky blue?"));
    const whole = await ask(converse("Why is the sky blue?"));
    expect(messages.map(({ headers }) => headers[":event-type"])).toEqual([
      "messageStart",
      ...messages.slice(1, -3).map(() => "contentBlockDelta"),
      "contentBlockStop",
      "messageStop",
      "metadata",
    ]);
    const text = messages.flatMap(({ payload }) => payload.delta?.text ?? []).join("");
    expect(text).toBe(whole.output.message.content[0].text);
    expect(messages.at(-1)?.payload.usage).toEqual(whole.usage);
  });

  test("announce calls, and only calls, before their pieces", async () => {
    const messages = await stream(converse(question, { toolConfig }));
    const starts = messages.filter(({ headers }) => headers[":event-type"] === "contentBlockStart");
    expect(starts.map(({ payload }) => payload)).toMatchObject([
      { contentBlockIndex: 1, start: { toolUse: { name: "get_weather" } } },
      { contentBlockIndex: 2 },
    ]);
    const pieces = messages.filter(({ payload }) => payload.contentBlockIndex === 2);
    expect(pieces.flatMap(({ payload }) => payload.delta?.toolUse.input ?? []).join("")).toBe('{"city":"Rome"}');
  });

  test("may have an event that is no JSON in a frame that is whole", async () => {
    const response = await post(simulator, conversePath(model, "converse-stream"), converse("Hello"), {
      "x-simulator-fault": "malformed-json",
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(() => readMessages(bytes)).toThrow(SyntaxError);
  });

  test("end in an exception", async () => {
    const messages = await stream(converse("Explain rain"), "error-mid-stream");
    expect(messages.at(-1)).toMatchObject({
      headers: { ":message-type": "exception", ":exception-type": "serviceUnavailableException" },
      payload: { message: expect.any(String) },
    });
  });
});

describe("requests that are refused", () => {
  const use = { toolUse: { toolUseId: "a", name: "get_weather", input: {} } };
  const result = { toolResult: { toolUseId: "a", content: [{ text: "x" }] } };
  const hi = user({ text: "x" });
  test.each<[string, Body, string]>([
    ["no messages", { messages: [] }, "must not be empty"],
    ["a first word of the model's", { messages: [assistant({ text: "x" })] }, "start with a user message"],
    ["two turns of one role", { messages: [hi, hi] }, "alternate"],
    ["empty content", { messages: [user()] }, "is empty"],
    ["blank text", { messages: [user({ text: " " })] }, "blank"],
    ["two members in one block", { messages: [user({ text: "x", image: {} })] }, "exactly one member"],
    ["an image by its address", { messages: [user({ image: { format: "png", source: { url: "x" } } })] }, "source"],
    [
      "an image of an unknown format",
      { messages: [user({ image: { format: "bmp", source: { bytes: "aW1n" } } })] },
      "bmp",
    ],
    [
      "a document with a wild name",
      { messages: [user({ document: { format: "pdf", name: "a/b.pdf", source: { bytes: "aW1n" } } })] },
      "name can only hold",
    ],
    ["results without tools", { messages: [hi, assistant(use), user(result)] }, "toolConfig field must be defined"],
    ["a call that is not answered", { toolConfig, messages: [hi, assistant(use), hi] }, "following Ids: a"],
    ["a result without its call", { toolConfig, messages: [hi, assistant({ text: "y" }), user(result)] }, "Id a"],
    ["no tool in the configuration", converse("x", { toolConfig: { tools: [] } }), "toolConfig.tools"],
    [
      "a tool without a kind of schema",
      converse("x", { toolConfig: { tools: [{ toolSpec: { name: "a", inputSchema: { json: {} } } }] } }),
      "json.type",
    ],
    [
      "a choice of nobody",
      converse("x", { toolConfig: { ...toolConfig, toolChoice: { tool: { name: "b" } } } }),
      "toolChoice",
    ],
    ["a hot temperature", converse("x", { inferenceConfig: { temperature: 1.5 } }), "temperature"],
    ["a field of another API", converse("x", { max_tokens: 5 }), "extraneous key [max_tokens]"],
    ["a setting of another API", converse("x", { inferenceConfig: { topK: 5 } }), "extraneous key [topK]"],
  ])("%s", async (_, body, message) => {
    const response = await post(simulator, conversePath(model), body);
    expect(response.status).toBe(400);
    expect(response.headers.get("x-amzn-errortype")).toMatch(/^ValidationException:/u);
    expect(await response.json()).toEqual({ message: expect.stringContaining(message) });
  });
});

describe("who is asking", () => {
  const signed = (stamp: string, covered = "host;x-amz-date"): Readonly<Record<string, string>> => ({
    authorization:
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${stamp.slice(0, 8)}/us-east-1/bedrock/aws4_request, ` +
      `SignedHeaders=${covered}, Signature=${"0".repeat(64)}`,
    "x-amz-date": stamp,
  });
  const stampOf = (milliseconds: number): string =>
    new Date(milliseconds).toISOString().replaceAll(/[-:]|\.\d{3}/gu, "");
  const statusOf = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await post(simulator, conversePath(model), converse("x"), headers)).status;

  test("is said by a key or by a signature that covers what it has to, and is of now", async () => {
    const now = Date.now();
    expect(await statusOf({ authorization: "Bearer key" })).toBe(200);
    expect(await statusOf(signed(stampOf(now)))).toBe(200);
    expect(await statusOf({ authorization: "" })).toBe(403);
    expect(await statusOf({ authorization: "Basic x" })).toBe(403);
    expect(await statusOf(signed(stampOf(now - 10 * 60_000)))).toBe(403);
    expect(await statusOf(signed(stampOf(now), "host"))).toBe(403);
    expect(await statusOf({ ...signed(stampOf(now)), "x-amz-security-token": "t" })).toBe(403);
  });
});
