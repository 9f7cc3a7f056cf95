import { describe, expect, it } from "vitest";
import type { Message, Part } from "../../chat/message.ts";
import { rememberSource, type ChatRequest, type FunctionTool, type ToolChoice } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { cohere } from "./cohere.ts";

const plain = "command-a-03-2025";
const thinker = "command-a-reasoning-08-2025";
const base: ChatRequest = { dialect: "openai-chat", model: "x", stream: false, messages: [] };

const text = (role: Message["role"], content: string): Message => ({ role, parts: [{ type: "text", text: content }] });
const user = (content: string): Message => text("user", content);
const asks = (...parts: Part[]): Message => ({ role: "user", parts });
const says = (...parts: Part[]): Message => ({ role: "assistant", parts });
const say = (content: string): Part => ({ type: "text", text: content });
const thought = (content: string, rest: object = {}): Part => ({ type: "reasoning", text: content, ...rest });
const call = (id: string, args = "{}"): Part => ({
  type: "tool-call",
  kind: "function",
  id,
  name: "f",
  arguments: args,
});
const result = (toolCallId: string, ...content: Part[]): Part => ({ type: "tool-result", toolCallId, content });
const file = (content: string, rest: object = {}): Part => ({
  type: "file",
  source: { type: "text", text: content },
  ...rest,
});
const image = (url: string, detail?: string): Part => ({
  type: "image",
  source: { type: "url", url },
  ...(detail === undefined ? {} : { detail }),
});
const tool = (name: string, rest: Partial<FunctionTool> = {}): FunctionTool => ({ type: "function", name, ...rest });

interface Encoded {
  readonly path: string;
  readonly body: Json;
  readonly dropped: readonly string[];
}

const encode = (request: Partial<ChatRequest>, target: Partial<BackTarget> = {}): Encoded => {
  const encoded = cohere.encodeRequest(
    { ...base, messages: [user("Hi")], ...request },
    { provider: "acme", model: plain, quirks: {}, ...target },
  );
  return { ...encoded, body: JSON.parse(String(encoded.body)) as Json };
};
const messages = (list: readonly Message[], model = plain): unknown =>
  encode({ messages: list }, { model }).body["messages"];
/** What the request says besides its model and messages. */
const settings = (request: Partial<ChatRequest>, target: Partial<BackTarget> = {}): Json => {
  const { model: _model, messages: _messages, ...rest } = encode(request, target).body;
  return rest;
};
const refusal = (request: Partial<ChatRequest>): unknown => {
  try {
    encode(request);
  } catch (error) {
    return GatewayError.is(error) ? [error.code, error.param] : error;
  }
  return undefined;
};
const refused = (param: string): unknown => ["unsupported_parameter", param];

describe("encodeRequest", () => {
  it("says no more than was asked", () => {
    expect(encode({})).toEqual({
      path: "/chat",
      dropped: [],
      body: { model: plain, messages: [{ role: "user", content: "Hi" }] },
    });
    expect(settings({ stream: true })).toEqual({ stream: true });
  });

  it("sends what came in this dialect as it came, but for the model", () => {
    const body = { model: "mine", messages: [], safety_mode: "OFF", brand_new: 1 };
    const request: ChatRequest = { ...base, dialect: "cohere" };
    rememberSource(request, { dialect: "cohere", bytes: Buffer.from(JSON.stringify(body, null, 2)), body });
    const target = { provider: "acme", model: plain, quirks: {} };
    expect(Buffer.from(cohere.encodeRequest(request, target).body).toString()).toBe(
      JSON.stringify({ ...body, model: plain }, null, 2),
    );
    rememberSource(request, { dialect: "cohere", body });
    expect(cohere.encodeRequest(request, target).body).toBe(JSON.stringify({ ...body, model: plain }));
  });

  it("keeps this dialect's own fields and names those of others", () => {
    const extras = { safety_mode: "STRICT", citation_options: { mode: "FAST" } };
    expect(settings({ dialect: "cohere", extras })).toEqual(extras);
    expect(encode({ extras: { store: true } }).dropped).toEqual(["store"]);
  });

  it("names what it has no place for", () => {
    const { body, dropped } = encode({
      user: "u",
      metadata: { a: "b" },
      cacheKey: "k",
      verbosity: "low",
      logitBias: { 1: 1 },
      audio: {},
      serviceTier: "flex",
      cacheHint: {},
      messages: [{ ...user("Hi"), name: "bob", extras: { weight: 1 } }],
    });
    expect(body).toEqual({ model: plain, messages: [{ role: "user", content: "Hi" }] });
    expect(dropped).toEqual([
      "messages[].name",
      "messages[].weight",
      "user",
      "metadata",
      "prompt_cache_key",
      "verbosity",
      "logit_bias",
      "audio",
      "service_tier",
      "cache_control",
    ]);
    expect(encode({ serviceTier: "auto", modalities: ["text"] }).dropped).toEqual([]);
    expect(refusal({ modalities: ["text", "audio"] })).toEqual(refused("modalities"));
  });
});

describe("messages", () => {
  it("keep their order and their roles; `developer` is `system`", () => {
    expect(
      messages([
        text("developer", "A"),
        user("B"),
        says(say("C")),
        text("system", "D"),
        says({ type: "refusal", text: "E" }),
      ]),
    ).toEqual([
      { role: "system", content: "A" },
      { role: "user", content: "B" },
      { role: "assistant", content: "C" },
      { role: "system", content: "D" },
      { role: "assistant", content: "E" },
    ]);
  });

  it("are lists where there is more than one part, without the empty ones", () => {
    expect(messages([asks(say("a"), say(""), say("b")), asks(say(""))])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      { role: "user", content: "" },
    ]);
  });

  it("hold images by address and as data", () => {
    const data: Part = { type: "image", source: { type: "base64", mediaType: "image/png", data: "AAAA" } };
    expect(messages([asks(say("See"), image("https://example.com/a.png", "original"), data)])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "high" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
        ],
      },
    ]);
    expect(messages([asks(image("https://example.com/a.png", "low"))])).toEqual([
      {
        role: "user",
        content: [{ type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } }],
      },
    ]);
  });

  it("refuse what cannot be brought to the model", () => {
    const place = "messages[].content[].";
    const sound: Part = { type: "audio", source: { type: "base64", mediaType: "audio/wav", data: "AAAA" } };
    const stored: Part = { type: "image", source: { type: "file-id", fileId: "file-1" } };
    const pdf: Part = { type: "file", source: { type: "base64", mediaType: "application/pdf", data: "AAAA" } };
    expect(refusal({ messages: [asks(say("a"), sound)] })).toEqual(refused(`${place}input_audio`));
    expect(refusal({ messages: [asks(say("a"), stored)] })).toEqual(refused(`${place}image_url`));
    expect(refusal({ messages: [asks(say("a"), pdf)] })).toEqual(refused(`${place}file`));
    expect(refusal({ messages: [asks(pdf)] })).toEqual(refused(`${place}file`));
    expect(refusal({ messages: [{ role: "system", parts: [image("https://example.com/a.png")] }] })).toEqual(
      refused(`${place}image_url`),
    );
    expect(refusal({ messages: [says(image("https://example.com/a.png"))] })).toEqual(refused(`${place}image_url`));
    const { body, dropped } = encode({ messages: [asks(say("a"), sound, pdf)] }, { unsupported: "drop" });
    expect(body["messages"]).toEqual([{ role: "user", content: "a" }]);
    expect(dropped).toEqual([`${place}input_audio`, `${place}file`]);
  });

  it("name parts that only another dialect understands", () => {
    const foreign: Part = { type: "opaque", dialect: "gemini", value: { executableCode: {} } };
    expect(encode({ messages: [asks(say("a"), foreign)] }).dropped).toEqual(["messages[].content"]);
  });
});

describe("documents", () => {
  it("go beside the conversation, where they can be cited", () => {
    const csv: Part = {
      type: "file",
      filename: "b.csv",
      context: "sales",
      source: { type: "base64", mediaType: "text/csv", data: Buffer.from("ä,b").toString("base64") },
    };
    const { body } = encode({ messages: [asks(file("A", { title: "One", citations: true }), say("Which?"), csv)] });
    expect(body["messages"]).toEqual([{ role: "user", content: "Which?" }]);
    expect(body["documents"]).toEqual([
      { data: { title: "One", text: "A" } },
      { data: { title: "b.csv", context: "sales", text: "ä,b" } },
    ]);
  });

  it("stay in the turn where they are all of it, and beside an output format", () => {
    expect(encode({ messages: [asks(file("A", { title: "One" }))] }).body).toEqual({
      model: plain,
      messages: [{ role: "user", content: "One\nA" }],
    });
    const { body, dropped } = encode({
      outputFormat: { type: "json" },
      messages: [asks(file("A", { citations: true }), say("As JSON."))],
    });
    expect(body["messages"]).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "A" },
          { type: "text", text: "As JSON." },
        ],
      },
    ]);
    expect(body["documents"]).toBeUndefined();
    expect(dropped).toEqual(["messages[].content[].citations"]);
  });
});

describe("assistant turns", () => {
  it("take the plan before the calls back, in its own field", () => {
    expect(messages([says(thought("I will look."), call("c1", '{"a": 1}'), call("c2", ""))])).toEqual([
      {
        role: "assistant",
        tool_plan: "I will look.",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "f", arguments: '{"a": 1}' } },
          { id: "c2", type: "function", function: { name: "f", arguments: "{}" } },
        ],
      },
    ]);
  });

  it("take thoughts back as content, where the model has thoughts", () => {
    const turn = says(thought("Hm."), say("So"), thought("And?"), call("c1"));
    expect(messages([turn], thinker)).toEqual([
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "text", text: "So" },
          { type: "thinking", thinking: "And?" },
        ],
        tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
      },
    ]);
    expect(messages([says(thought("Hm."))], thinker)).toEqual([
      { role: "assistant", content: [{ type: "thinking", thinking: "Hm." }] },
    ]);
    expect(messages([says(thought("Hm."), say("So"))])).toEqual([{ role: "assistant", content: "So" }]);
  });

  it("leave out what another family proved, and turns of which nothing is left", () => {
    const signed = thought("Hm.", { signature: { format: "anthropic-claude-v1", value: "s" } });
    const hidden = thought("", { encrypted: { format: "openai-responses-v1", value: "s" } });
    expect(messages([says(signed, hidden, say("So")), says(signed)], thinker)).toEqual([
      { role: "assistant", content: "So" },
    ]);
  });

  it("write free-text calls as functions with one input", () => {
    const custom: Part = { type: "tool-call", kind: "custom", id: "c1", name: "f", arguments: 'say "x"' };
    expect(messages([says(custom)])).toEqual([
      {
        role: "assistant",
        tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"input":"say \\"x\\""}' } }],
      },
    ]);
  });
});

describe("tool results", () => {
  it("are texts and documents; images follow as the user's", () => {
    expect(
      messages([
        {
          role: "tool",
          parts: [
            result("c1", say('{"a":1}')),
            result("c2", say("x"), file("D", { title: "T" }), image("https://example.com/a.png")),
            result("c3"),
          ],
        },
        user("Well?"),
      ]),
    ).toEqual([
      { role: "tool", tool_call_id: "c1", content: '{"a":1}' },
      {
        role: "tool",
        tool_call_id: "c2",
        content: [
          { type: "text", text: "x" },
          { type: "document", document: { data: { title: "T", text: "D" } } },
        ],
      },
      { role: "tool", tool_call_id: "c3", content: "" },
      {
        role: "user",
        content: [
          { type: "text", text: "Returned by the tool call c2:" },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } },
        ],
      },
      { role: "user", content: "Well?" },
    ]);
  });

  it("refuse sound", () => {
    const sound: Part = { type: "audio", source: { type: "base64", mediaType: "audio/wav", data: "AAAA" } };
    expect(refusal({ messages: [{ role: "tool", parts: [result("c1", sound)] }] })).toEqual(
      refused("messages[].content[].input_audio"),
    );
  });
});

describe("tools", () => {
  const tools = [tool("a", { description: "A" }), tool("b", { parameters: { type: "object", required: ["x"] } })];
  const chosen = (toolChoice: ToolChoice): unknown => {
    const { tools: offered, ...rest } = settings({ tools, toolChoice });
    const names = (offered as readonly { function: { name: string } }[]).map((each) => each.function.name);
    return [names, rest["tool_choice"]];
  };

  it("are functions with parameters", () => {
    expect(settings({ tools })).toEqual({
      tools: [
        { type: "function", function: { name: "a", description: "A", parameters: { type: "object", properties: {} } } },
        { type: "function", function: { name: "b", parameters: { type: "object", required: ["x"] } } },
      ],
    });
    expect(settings({ tools: [] })).toEqual({});
    expect(encode({ tools: [tool("a", { extras: { defer: true } })] }).dropped).toEqual(["tools[].defer"]);
  });

  it("can be forced, forbidden and filtered (Q99)", () => {
    expect(chosen({ type: "auto" })).toEqual([["a", "b"], undefined]);
    expect(chosen({ type: "none" })).toEqual([["a", "b"], "NONE"]);
    expect(chosen({ type: "required" })).toEqual([["a", "b"], "REQUIRED"]);
    expect(chosen({ type: "tool", name: "b" })).toEqual([["b"], "REQUIRED"]);
    expect(chosen({ type: "allowed", mode: "auto", names: ["a"] })).toEqual([["a"], undefined]);
    expect(chosen({ type: "allowed", mode: "required", names: ["b"] })).toEqual([["b"], "REQUIRED"]);
    expect(refusal({ tools, toolChoice: { type: "tool", name: "c" } })).toEqual(refused("tool_choice"));
  });

  it("are held to their schemas all or none", () => {
    const strict = tool("a", { strict: true, parameters: { type: "object", required: ["x"] } });
    expect(settings({ tools: [strict] })["strict_tools"]).toBe(true);
    for (const other of [tool("b", { strict: true }), tool("b", { parameters: { required: ["x"] } })]) {
      const { body, dropped } = encode({ tools: [strict, other] });
      expect([body["strict_tools"], dropped]).toEqual([undefined, ["tools[].strict"]]);
    }
  });

  it("of other kinds are refused", () => {
    expect(refusal({ tools: [{ type: "custom", name: "c" }] })).toEqual(refused("tools"));
    expect(refusal({ tools: [{ type: "opaque", dialect: "gemini", value: {} }] })).toEqual(refused("tools"));
    expect(encode({ tools, parallelToolCalls: false }).dropped).toEqual(["parallel_tool_calls"]);
    expect(encode({ parallelToolCalls: false }).dropped).toEqual([]);
  });
});

describe("output format", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const written = (given: object): unknown => {
    const format = settings({ outputFormat: { type: "json-schema", schema: { ...given } } })["response_format"];
    return (format as Json)["json_schema"];
  };

  it("is JSON, with its schema beside the type", () => {
    expect(settings({ outputFormat: { type: "text" } })).toEqual({});
    expect(settings({ outputFormat: { type: "json" } })).toEqual({ response_format: { type: "json_object" } });
    const named = { type: "json-schema", schema, name: "n", description: "D", strict: true } as const;
    expect(settings({ outputFormat: named })).toEqual({
      response_format: { type: "json_object", json_schema: { ...schema, description: "D" } },
    });
    expect(settings({ outputFormat: { ...named, schema: { description: "own" } } })).toEqual({
      response_format: { type: "json_object", json_schema: { description: "own" } },
    });
  });

  it("does not go with tools", () => {
    const tools = [tool("a")];
    // A tool takes its place, where nothing else has to be called.
    expect(settings({ outputFormat: { type: "json" }, tools })).toMatchObject({
      tools: [{ function: { name: "a" } }, { function: { name: "give_answer" } }],
      tool_choice: "REQUIRED",
    });
    const list = { type: "json-schema", schema: { type: "array" } } as const;
    expect(refusal({ outputFormat: list, tools })).toEqual(refused("response_format"));
    const forced = { outputFormat: { type: "json" }, tools, toolChoice: { type: "required" } } as const;
    expect(settings(forced)).not.toHaveProperty("response_format");
  });

  it("tells in words what the provider cannot hold an answer to", () => {
    expect(
      written({
        $schema: "x",
        type: "object",
        properties: {
          minimum: { type: "integer", minimum: 1, description: "Age" },
          list: { type: "array", items: { type: "string", format: "email", maxLength: 9 }, minItems: 1 },
          code: { anyOf: [{ pattern: "[A-Z]+" }, { pattern: "^[a-z]+$" }] },
          when: { oneOf: [{ format: "date" }, { $ref: "#/$defs/never" }] },
        },
        additionalProperties: { minLength: 2 },
        $defs: { never: { not: {} } },
      }),
    ).toEqual({
      type: "object",
      properties: {
        minimum: { type: "integer", description: "Age (minimum: 1)" },
        list: {
          type: "array",
          items: { type: "string", description: 'format: "email", maxLength: 9' },
          description: "minItems: 1",
        },
        code: { anyOf: [{ pattern: "[A-Z]+" }, { description: 'pattern: "^[a-z]+$"' }] },
        when: { anyOf: [{ format: "date" }, { $ref: "#/$defs/never" }] },
      },
      additionalProperties: { description: "minLength: 2" },
      $defs: { never: { description: "not: {}" } },
    });
  });
});

describe("sampling", () => {
  it("has names of its own", () => {
    expect(
      settings({
        maxOutputTokens: 9,
        stop: ["a", "", "b"],
        temperature: 0.2,
        topP: 0.5,
        topK: 7,
        seed: 3,
        frequencyPenalty: 0.4,
        presencePenalty: 0,
        logprobs: true,
        choiceCount: 1,
      }),
    ).toEqual({
      max_tokens: 9,
      stop_sequences: ["a", "b"],
      temperature: 0.2,
      p: 0.5,
      k: 7,
      seed: 3,
      frequency_penalty: 0.4,
      logprobs: true,
    });
  });

  it("is kept within what the provider takes", () => {
    expect(settings({ temperature: 1.7, topP: 1, topK: 900, presencePenalty: 1.5 })).toEqual({
      temperature: 1,
      p: 0.99,
      k: 500,
      presence_penalty: 1,
    });
    expect(settings({ topP: 0 })).toEqual({ p: 0.01 });
    expect(settings({ temperature: 1.7 }, { quirks: { maxTemperature: 2 } })).toEqual({ temperature: 1.7 });
  });

  it("names what it cannot say", () => {
    expect(encode({ frequencyPenalty: 0.1, presencePenalty: 0.1 }).dropped).toEqual(["presence_penalty"]);
    expect(encode({ frequencyPenalty: -1, seed: -2 }).dropped).toEqual(["seed", "frequency_penalty"]);
    const quirks = { unsupported: ["temperature", "frequency_penalty"] };
    expect(encode({ temperature: 1, frequencyPenalty: 1 }, { quirks }).dropped).toEqual([
      "temperature",
      "frequency_penalty",
    ]);
  });

  it("refuses what would change the answer", () => {
    expect(refusal({ choiceCount: 2 })).toEqual(refused("n"));
    expect(refusal({ logprobs: true, topLogprobs: 2 })).toEqual(refused("top_logprobs"));
    expect(refusal({ stop: ["1", "2", "3", "4", "5", "6"] })).toEqual(refused("stop"));
    expect(() => encode({ logprobs: true }, { quirks: { unsupported: ["logprobs"] } })).toThrow(/`logprobs`/);
    expect(settings({ logprobs: false, topLogprobs: 0 })).toEqual({});
    const { body, dropped } = encode({ stop: ["1", "2", "3", "4", "5", "6"] }, { unsupported: "drop" });
    expect([body["stop_sequences"], dropped]).toEqual([["1", "2", "3", "4", "5"], ["stop"]]);
  });
});

describe("thinking", () => {
  const thinking = (reasoning: NonNullable<ChatRequest["reasoning"]>, target: Partial<BackTarget> = {}): unknown =>
    settings({ reasoning }, { model: thinker, ...target })["thinking"];

  it("is on or off, within a budget", () => {
    expect(thinking({})).toBeUndefined();
    expect(thinking({ exclude: true })).toBeUndefined();
    for (const off of [{ enabled: false }, { effort: "none" }, { budgetTokens: 0 }]) {
      expect(thinking(off)).toEqual({ type: "disabled" });
    }
    for (const on of [{ enabled: true }, { adaptive: true }, { effort: "high" }, { budgetTokens: -1 }]) {
      expect(thinking(on)).toEqual({ type: "enabled" });
    }
    expect(thinking({ budgetTokens: 300 })).toEqual({ type: "enabled", token_budget: 300 });
    expect(thinking({ effort: "low", budgetTokens: 300 })).toEqual({ type: "enabled", token_budget: 300 });
    expect(thinking({ effort: "low" })).toEqual({ type: "enabled", token_budget: 2048 });
    expect(encode({ reasoning: { effort: "wild" } }, { model: thinker }).dropped).toEqual(["reasoning_effort"]);
  });

  it("is for models that think", () => {
    expect(encode({ reasoning: { effort: "low" } })).toMatchObject({ dropped: ["reasoning_effort"] });
    expect(encode({ reasoning: { effort: "none" } })).toMatchObject({ dropped: [] });
    expect(thinking({ effort: "high" }, { model: "command-a-plus-05-2026" })).toEqual({ type: "enabled" });
    expect(thinking({ effort: "high" }, { model: "mine", info: { capabilities: ["reasoning"] } })).toEqual({
      type: "enabled",
    });
    expect(thinking({ effort: "high" }, { model: "mine", quirks: { reasoningControl: "thinking" } })).toEqual({
      type: "enabled",
    });
    expect(thinking({ effort: "high" }, { quirks: { reasoningControl: "none" } })).toBeUndefined();
  });
});
