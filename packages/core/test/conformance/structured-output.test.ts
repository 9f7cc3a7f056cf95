import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../src/testing/wire.ts";
import {
  chatDeltas,
  chatMessage,
  claudeBlock,
  claudeMessage,
  claudeStream,
  cohereAnswer,
  converseAnswer,
  geminiAnswer,
} from "./answers.ts";
import { effortOf } from "../effort.ts";
import { createWorld, type Tree } from "./world.ts";

const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0, maximum: 150 } },
  required: ["name", "age"],
  additionalProperties: false,
};
const format = (strict?: boolean, schema: object = person): object => ({
  response_format: {
    type: "json_schema",
    json_schema: { name: "person", schema, ...(strict === undefined ? {} : { strict }) },
  },
});
const weather = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const ada = { name: "Ada", age: 36 };
const tool = "give_answer";
const oldClaude = "anthropic/claude-sonnet-4-20250514";
const toolNames = (tools: Tree): unknown => tools.map((one: Tree) => one.name);

describe("a model that cannot be held to a schema", () => {
  test("Q25: is given a tool for its answer, which comes back as text", async () => {
    const call = { type: "tool_use", id: "toolu_1", name: tool, input: ada };
    const { chat, sent } = createWorld(claudeMessage([call], "tool_use"));
    const { body } = await chat({ model: oldClaude, ...format(true) });
    expect(sent()).toMatchObject({
      tools: [{ name: tool, input_schema: person }],
      tool_choice: { type: "tool", name: tool },
    });
    expect(sent()).not.toHaveProperty("output_config");
    expect(body.choices).toMatchObject([{ message: { content: JSON.stringify(ada) }, finish_reason: "stop" }]);
    expect(body.choices[0].message).not.toHaveProperty("tool_calls");
  });

  test("Q25: streams it as text", async () => {
    const pieces = ['{"name":"Ada",', '"age":36}'].map((partial_json) => ({ type: "input_json_delta", partial_json }));
    const frames = claudeBlock(0, { type: "tool_use", id: "toolu_1", name: tool, input: {} }, ...pieces);
    const { chat } = createWorld(claudeStream(frames, "tool_use"));
    const { chunks, text } = await chat({ model: oldClaude, stream: true, ...format(true) });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(JSON.stringify(ada));
    expect(chunks.some((chunk) => chunk.choices[0]?.delta.tool_calls)).toBe(false);
    expect(chunks.at(-1)?.choices[0].finish_reason).toBe("stop");
    expect(text).toMatch(/\[DONE\]\n\n$/);
  });

  test("Q25: keeps the client's own tools, whose calls stay calls", async () => {
    const answer = [
      { type: "tool_use", id: "toolu_1", name: tool, input: ada },
      { type: "tool_use", id: "toolu_2", name: "weather", input: { city: "Ulm" } },
    ];
    const { chat, sent } = createWorld(claudeMessage(answer, "tool_use"));
    const { body } = await chat({ model: oldClaude, tools: [weather], ...format() });
    expect(toolNames(sent().tools)).toEqual(["weather", tool]);
    expect(sent().tool_choice).toEqual({ type: "any" });
    const [{ message, finish_reason }] = body.choices;
    expect(message.content).toBe(JSON.stringify(ada));
    expect(message.tool_calls).toMatchObject([
      { id: "toolu_2", function: { name: "weather", arguments: '{"city":"Ulm"}' } },
    ]);
    expect(finish_reason).toBe("tool_calls");
  });

  test.each([
    ["a call is forced", { tools: [weather], tool_choice: "required" }],
    ["the schema describes no object", format(false, { type: "array", items: person })],
    ["the client has a tool of that name", { tools: [{ type: "function", function: { name: tool } }] }],
  ])("Q25: is told in words where %s", async (_, body) => {
    const { chat, sent } = createWorld(claudeMessage([{ type: "text", text: JSON.stringify(ada) }]));
    await chat({ model: oldClaude, ...format(), ...body });
    expect(sent().system.at(-1).text).toContain("valid under this JSON Schema");
  });

  test("Q84: of Bedrock is given the tool as well, or words where it cannot be made to call one", async () => {
    const call = { toolUse: { toolUseId: "t1", name: tool, input: ada } };
    const nova = createWorld(converseAnswer([call], "tool_use"));
    const { body } = await nova.chat({ model: "bedrock/amazon.nova-pro-v1:0", ...format(true) });
    expect(nova.sent().toolConfig.toolChoice).toEqual({ tool: { name: tool } });
    expect(body.choices).toMatchObject([{ message: { content: JSON.stringify(ada) }, finish_reason: "stop" }]);

    const llama = createWorld(converseAnswer([{ text: JSON.stringify(ada) }]));
    await llama.chat({ model: "bedrock/meta.llama3-70b-instruct-v1:0", ...format() });
    expect(llama.sent()).not.toHaveProperty("toolConfig");
    expect(llama.sent().system.at(-1).text).toContain("valid under this JSON Schema");
  });

  test("Q84: of Bedrock that can be held to one gets the schema as a text", async () => {
    const { chat, sent } = createWorld(converseAnswer([{ text: JSON.stringify(ada) }]));
    await chat({ model: "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", ...format() });
    const { schema } = sent().outputConfig.textFormat.structure.jsonSchema;
    expect(JSON.parse(schema)).toMatchObject({ type: "object", required: ["name", "age"] });
  });

  test("Q56: of Gemini beside tools, and Q99: of Cohere, is given one for its answer", async () => {
    const functionCall = { name: tool, args: ada };
    const google = createWorld(geminiAnswer([{ functionCall }]));
    const { body } = await google.chat({ model: "gemini/gemini-2.5-flash", tools: [weather], ...format(true) });
    expect(google.sent().toolConfig).toEqual({ functionCallingConfig: { mode: "ANY" } });
    expect(google.sent()).not.toHaveProperty("generationConfig");
    expect(body.choices).toMatchObject([{ message: { content: JSON.stringify(ada) }, finish_reason: "stop" }]);

    const call = { id: "c", type: "function", function: { name: tool, arguments: JSON.stringify(ada) } };
    const coral = createWorld(cohereAnswer({ tool_calls: [call] }, "TOOL_CALL"));
    const answer = await coral.chat({ model: "cohere/command-a-03-2025", tools: [weather], ...format(true) });
    expect(coral.sent()).toMatchObject({ tool_choice: "REQUIRED" });
    expect(answer.body.choices).toMatchObject([{ message: { content: JSON.stringify(ada) }, finish_reason: "stop" }]);
  });

  test("Q102: of Groq gives its answer whole, and is given a tool for it beside others", async () => {
    const plain = createWorld(chatMessage({ content: JSON.stringify(ada) }));
    const { chunks } = await plain.chat({ model: "groq/openai/gpt-oss-20b", stream: true, ...format(true) });
    expect(plain.sent()).toMatchObject({ response_format: { type: "json_schema" } });
    expect(plain.sent()).not.toHaveProperty("stream");
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(JSON.stringify(ada));

    const call = { id: "c", type: "function", function: { name: tool, arguments: JSON.stringify(ada) } };
    const beside = createWorld(chatMessage({ tool_calls: [call] }, "tool_calls"));
    const { body } = await beside.chat({ model: "groq/openai/gpt-oss-20b", tools: [weather], ...format(true) });
    expect(beside.sent()).not.toHaveProperty("response_format");
    expect(body.choices).toMatchObject([{ message: { content: JSON.stringify(ada) }, finish_reason: "stop" }]);
  });
});

describe("an answer", () => {
  const tooOld = { name: "Ada", age: 200 };
  const text = (value: unknown): Tree => [{ type: "text", text: JSON.stringify(value) }];
  const claude = "anthropic/claude-sonnet-4-5";

  test("Q26: is held to the limits that the provider was only told in words", async () => {
    const { chat, sent, transport } = createWorld(claudeMessage(text(tooOld)));
    const { status, body } = await chat({ model: claude, ...format(true) });
    const { age } = sent().output_config.format.schema.properties;
    expect(age).toEqual({ type: "integer", description: "(minimum: 0, maximum: 150)" });
    expect(status).toBe(502);
    expect(body.error).toMatchObject({ code: "upstream_invalid_response" });
    expect(body.error.message).toContain("#/properties/age/maximum");
    expect(transport.requests).toHaveLength(2);
  });

  test("is asked for again where it does not match, of the same model and then of the next, and each is paid for", async () => {
    const answers = [tooOld, tooOld, ada];
    const { chat, ledger, transport } = createWorld((request, index) =>
      request.url.includes("anthropic")
        ? claudeMessage(text(answers[index]))
        : { body: chatAnswer(JSON.stringify(answers[index])) },
    );
    const { status, body, headers } = await chat({ model: claude, models: ["openai/gpt-4.1"], ...format(true) });
    expect(status).toBe(200);
    expect(JSON.parse(body.choices[0].message.content)).toEqual(ada);
    expect(headers.get("x-llm-gateway-schema")).toBe("valid");
    expect(transport.requests).toHaveLength(3);
    const rows = ledger.rows();
    expect(rows.map(({ exit }) => exit)).toEqual(["rejected", "rejected", "complete"]);
    expect(rows.every(({ usage, costNanoUsd }) => usage.outputTokens === 5 && (costNanoUsd ?? 0) > 0)).toBe(true);
  });

  test("is marked where the client did not insist, and passes as it came", async () => {
    const content = JSON.stringify(tooOld);
    const { chat } = createWorld(chatMessage({ content }));
    const { status, body, headers } = await chat({ model: "house/m", ...format() });
    expect(status).toBe(200);
    expect(body.choices[0].message.content).toBe(content);
    expect(headers.get("x-llm-gateway-schema")).toBe("invalid");
  });

  test("that is streamed does not end well where it does not match a strict schema", async () => {
    const { chat } = createWorld(chatDeltas([{ role: "assistant", content: '{"name":' }, { content: '"Ada"}' }]));
    const { text: read, broke } = await chat({ model: "house/m", stream: true, ...format(true) });
    expect(read).toContain("upstream_invalid_response");
    expect(read).not.toContain("[DONE]");
    expect(broke).toBe(true);
  });

  test.each([
    ["was cut", { content: '{"name":"A' }, "length"],
    ["is a refusal", { content: null, refusal: "No." }, "stop"],
    [
      "calls a tool",
      { tool_calls: [{ id: "c", type: "function", function: { name: "weather", arguments: "{}" } }] },
      "tool_calls",
    ],
  ])("that %s has no form to be held to", async (_, message, reason) => {
    const { chat } = createWorld(chatMessage(message, reason));
    const { status, headers } = await chat({ model: "house/m", tools: [weather], ...format(true) });
    expect(status).toBe(200);
    expect(headers.get("x-llm-gateway-schema")).toBeNull();
  });

  test("in JSON mode is marked where it is no JSON object", async () => {
    const { chat } = createWorld(chatMessage({ content: "Sure: {}" }));
    const { status, headers } = await chat({ model: "house/m", response_format: { type: "json_object" } });
    expect([status, headers.get("x-llm-gateway-schema")]).toEqual([200, "invalid"]);
  });

  test("is left alone where its schema is none, or would take too long to check", async () => {
    const evil = { type: "object", properties: { name: { type: "string", pattern: "^(a+)+$" } } };
    const content = JSON.stringify({ name: `${"a".repeat(60)}!` });
    const { chat } = createWorld(chatMessage({ content }));
    let slow: Awaited<ReturnType<typeof chat>> | undefined;
    const effort = await effortOf(async () => (slow = await chat({ model: "house/m", ...format(true, evil) })));
    expect(effort).toBeLessThan(1_000);
    const none = await chat({ model: "house/m", ...format(true, { $ref: "#/$defs/nowhere" }) });
    expect([slow?.status, none.status]).toEqual([200, 200]);
    expect(slow?.headers.get("x-llm-gateway-schema")).toBe("unchecked");
    expect(none.headers.get("x-llm-gateway-schema")).toBe("unchecked");
  });
});

describe("a client whose dialect always holds answers to their schema", () => {
  const open = { type: "object", properties: { name: { type: "string" } } };

  test.each([
    ["closed", person, true],
    ["open", open, undefined],
  ])(
    "asks OpenAI for a strict answer where the schema is %s, and gets none that does not match",
    async (_, schema, strict) => {
      const content = JSON.stringify({ name: 7 });
      const { messages, sent } = createWorld({ body: chatAnswer(content) });
      const { status, body } = await messages({
        model: "openai/gpt-4.1",
        output_config: { format: { type: "json_schema", schema } },
      });
      expect(sent().response_format.json_schema.strict).toBe(strict);
      expect(status).toBe(502);
      expect(body.error.message).toContain("#/");
    },
  );

  test("gets one that matches from anybody", async () => {
    const { generate, sent } = createWorld(claudeMessage([{ type: "text", text: JSON.stringify(ada) }]));
    const generationConfig = { responseMimeType: "application/json", responseJsonSchema: person };
    const { status, body } = await generate("anthropic/claude-sonnet-4-5", { generationConfig });
    expect(sent().output_config.format.type).toBe("json_schema");
    expect(status).toBe(200);
    expect(body.candidates[0].content.parts).toEqual([{ text: JSON.stringify(ada) }]);
  });
});
