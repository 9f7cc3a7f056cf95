import { describe, expect, it } from "vitest";
import type { Message, Part } from "../../chat/message.ts";
import { type ChatRequest, rememberSource, type Tool } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { ollama } from "./ollama.ts";

const base: ChatRequest = { dialect: "openai-chat", model: "x", stream: false, messages: [] };
const says = (role: Message["role"], ...parts: Part[]): Message => ({ role, parts });
const text = (content: string): Part => ({ type: "text", text: content });
const image: Part = { type: "image", source: { type: "base64", mediaType: "image/png", data: "aW1n" } };
const call = (id: string, name: string, args = "{}"): Part => ({
  type: "tool-call",
  kind: "function",
  id,
  name,
  arguments: args,
});
const result = (toolCallId: string, ...content: Part[]): Part => ({ type: "tool-result", toolCallId, content });
const tool = (name: string, more: object = {}): Tool => ({
  type: "function",
  name,
  parameters: { type: "object", properties: { b: {}, a: {} } },
  ...more,
});

interface Encoded {
  readonly body: Json;
  readonly dropped: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly path: string;
}

const encode = (request: Partial<ChatRequest>, target: Partial<BackTarget> = {}): Encoded => {
  const encoded = ollama.encodeRequest(
    { ...base, ...request },
    { provider: "acme", model: "llama3.2", quirks: {}, ...target },
  );
  if (typeof encoded.body !== "string") throw new TypeError("The body must be text.");
  return { ...encoded, body: JSON.parse(encoded.body) as Json };
};
const messages = (...list: Message[]): unknown => encode({ messages: list }).body["messages"];
const options = (request: Partial<ChatRequest>, target: Partial<BackTarget> = {}): unknown =>
  encode(request, target).body["options"];
const think = (reasoning: ChatRequest["reasoning"], model = "qwen3:4b", quirks: BackTarget["quirks"] = {}): unknown =>
  encode(reasoning === undefined ? {} : { reasoning }, { model, quirks }).body["think"];

const refusal = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return GatewayError.is(error) ? [error.code, error.param] : error;
  }
  return undefined;
};

describe("the request as a whole", () => {
  it("says whether it streams, because servers do unless told not to, and what it wants to be answered in", () => {
    expect(encode({ messages: [says("user", text("Hi"))] })).toEqual({
      path: "/api/chat",
      headers: { accept: "application/json" },
      body: {
        truncate: false,
        shift: false,
        model: "llama3.2",
        messages: [{ role: "user", content: "Hi" }],
        stream: false,
      },
      dropped: [],
    });
    const streamed = encode({ stream: true });
    expect(streamed.body["stream"]).toBe(true);
    expect(streamed.headers).toEqual({ accept: "application/x-ndjson" });
  });

  it("goes on byte for byte where it came in this dialect, but for the model", () => {
    const request: ChatRequest = { ...base, dialect: "ollama" };
    const bytes = Buffer.from('{ "model": "x", "aBeta": 1 }');
    rememberSource(request, { dialect: "ollama", bytes, body: { model: "x", aBeta: 1 } });
    const { body } = ollama.encodeRequest(request, { provider: "acme", model: "y", quirks: {} });
    expect(Buffer.from(body).toString()).toBe('{ "model": "y", "aBeta": 1 }');
    const parsed: ChatRequest = { ...base, dialect: "ollama" };
    rememberSource(parsed, { dialect: "ollama", body: { model: "x", aBeta: 1 } });
    expect(ollama.encodeRequest(parsed, { provider: "acme", model: "y", quirks: {} }).body).toBe(
      '{"model":"y","aBeta":1}',
    );
  });

  it("keeps this dialect's own fields, names those of others, and lets no field replace what it means", () => {
    const extras = { keep_alive: "5m", truncate: true, model: "other", options: { num_ctx: 8192, temperature: 2 } };
    const own = encode({ dialect: "ollama", extras, temperature: 0.5 });
    expect(own.body).toMatchObject({
      keep_alive: "5m",
      truncate: true,
      shift: false,
      model: "llama3.2",
      options: { num_ctx: 8192, temperature: 0.5 },
    });
    expect(own.dropped).toEqual([]);
    const foreign = encode({ extras: { keep_alive: "5m", prediction: {} } });
    expect(foreign.body).not.toHaveProperty("keep_alive");
    expect(foreign.dropped).toEqual(["keep_alive", "prediction"]);
  });

  it("leaves the request it was given as it was", () => {
    const request: ChatRequest = { ...base, messages: [says("assistant", call("c", "f", '{"a":1}'))], stop: ["", "x"] };
    const before = structuredClone(request);
    ollama.encodeRequest(request, { provider: "acme", model: "m", quirks: {} });
    expect(request).toEqual(before);
  });
});

describe("options", () => {
  it("hold everything that is drawn by", () => {
    const request = {
      maxOutputTokens: 9,
      temperature: 0.1,
      topP: 0.2,
      topK: 3,
      seed: 4,
      stop: ["a", ""],
      frequencyPenalty: 0.5,
      presencePenalty: -0.6,
    };
    // The penalty for frequency is not the one for repetition (Q101).
    expect(options(request)).toEqual({
      num_predict: 9,
      temperature: 0.1,
      top_p: 0.2,
      top_k: 3,
      seed: 4,
      stop: ["a"],
      frequency_penalty: 0.5,
      presence_penalty: -0.6,
    });
    expect(options({ stop: [""] })).toBe(undefined);
  });

  it("leave out, and name, what a server is known not to take", () => {
    const quirks = { unsupported: ["seed", "top_k"], maxTemperature: 1 };
    const { body, dropped } = encode({ seed: 1, topK: 2, topP: 0.5, temperature: 1.5 }, { quirks });
    expect(body["options"]).toEqual({ temperature: 1, top_p: 0.5 });
    expect(dropped).toEqual(["top_k", "seed"]);
    const lacking = { logprobs: true };
    expect(refusal(() => encode(lacking, { quirks: { unsupported: ["logprobs"] } }))).toEqual([
      "unsupported_parameter",
      "logprobs",
    ]);
  });

  it("have probabilities beside them", () => {
    expect(encode({ logprobs: true, topLogprobs: 3 }).body).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(encode({ logprobs: false, topLogprobs: 3 }).body).not.toHaveProperty("top_logprobs");
  });
});

describe("messages", () => {
  it("keep their roles and places, also system text in the middle", () => {
    expect(
      messages(says("developer", text("Be brief.")), says("user", text("Hi")), says("system", text("Now in French."))),
    ).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "system", content: "Now in French." },
    ]);
  });

  it("join texts and hold images beside them as bare base64", () => {
    expect(messages(says("user", text("Look:"), image, text("What is it?")))).toEqual([
      { role: "user", content: "Look:\n\nWhat is it?", images: ["aW1n"] },
    ]);
  });

  it("tell documents of text, and refuse all other media by name", () => {
    const source = { type: "text", text: "Rain." } as const;
    expect(messages(says("user", { type: "file", source, title: "Report", context: "From June." }))).toEqual([
      { role: "user", content: "Report\nFrom June.\nRain." },
    ]);
    const url = { type: "url", url: "https://example.com/a.png" } as const;
    const cases = [
      [{ type: "image", source: url }, "image_url"],
      [{ type: "image", source: { type: "file-id", fileId: "f" } }, "image_url"],
      [{ type: "audio", source: url }, "input_audio"],
      [{ type: "file", source: url }, "file"],
    ] as const;
    for (const [part, name] of cases) {
      expect(refusal(() => messages(says("user", part)))).toEqual([
        "unsupported_parameter",
        `messages[].content[].${name}`,
      ]);
      const { dropped } = encode({ messages: [says("user", part)] }, { unsupported: "drop" });
      expect(dropped).toEqual([`messages[].content[].${name}`]);
    }
    expect(() => messages(says("user", { type: "image", source: url }))).toThrow(/base64 data only.*`media`/);
  });

  it("give calls back with arguments as an object, and results with the name of what was called", () => {
    expect(
      messages(
        says("assistant", text("Let me see."), call("c1", "f", '{"a":1}'), call("c2", "g", "")),
        says("tool", result("c1", text("one"), text("two")), result("c2", text(""))),
        says("tool", { ...result("c9", text("late")), name: "h" } as Part),
        says("tool", result("c8", text("lost"))),
      ),
    ).toEqual([
      {
        role: "assistant",
        content: "Let me see.",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "f", arguments: { a: 1 } } },
          { id: "c2", type: "function", function: { name: "g", arguments: {} } },
        ],
      },
      { role: "tool", tool_name: "f", tool_call_id: "c1", content: "one\ntwo" },
      { role: "tool", tool_name: "g", tool_call_id: "c2", content: "" },
      { role: "tool", tool_name: "h", tool_call_id: "c9", content: "late" },
      { role: "tool", tool_call_id: "c8", content: "lost" },
    ]);
  });

  it("name a result by the last call of its id", () => {
    const turn = (name: string): Message[] => [
      says("assistant", call("c", name)),
      says("tool", result("c", text(name))),
    ];
    expect(messages(...turn("f"), ...turn("g"))).toMatchObject([{}, { tool_name: "f" }, {}, { tool_name: "g" }]);
  });

  it("refuse a call whose arguments are no object (Q15)", () => {
    for (const args of ["{", "[1]", "1", "null"]) {
      expect(refusal(() => messages(says("assistant", call("c", "f", args))))).toEqual(["invalid_value", "messages"]);
    }
  });

  it("show images that tools returned after all results of the turn (T37)", () => {
    expect(
      messages(
        says("assistant", call("c1", "f"), call("c2", "g")),
        says("tool", result("c1", image)),
        says("tool", result("c2", text("2"))),
        says("user", text("And?")),
      ),
    ).toEqual([
      expect.anything(),
      { role: "tool", tool_name: "f", tool_call_id: "c1", content: "" },
      { role: "tool", tool_name: "g", tool_call_id: "c2", content: "2" },
      { role: "user", content: "Returned by the tool call c1:", images: ["aW1n"] },
      { role: "user", content: "And?" },
    ]);
  });

  it("take plain reasoning back, and none that another family proved", () => {
    const signature = { format: "anthropic-claude-v1", value: "s" };
    expect(
      messages(
        says("assistant", { type: "reasoning", text: "hm" }, { type: "reasoning", text: "ah" }, text("Yes")),
        says("assistant", { type: "reasoning", text: "secret", signature }, text("No")),
        says("assistant", { type: "reasoning", text: "", encrypted: signature }),
      ),
    ).toEqual([
      { role: "assistant", content: "Yes", thinking: "hm\n\nah" },
      { role: "assistant", content: "No" },
    ]);
  });

  it("name what has no place in them", () => {
    const part = { ...text("Hi"), extras: { mark: 1 }, cacheHint: {} } as Part;
    const odd: Part = { type: "opaque", dialect: "anthropic-messages", value: {} };
    const { dropped } = encode({ messages: [{ ...says("user", part, odd), name: "Ann", extras: { x: 1 } }] });
    expect(dropped).toEqual([
      "cache_control",
      "messages[].name",
      "messages[].x",
      "messages[].content[].mark",
      "messages[].content",
    ]);
  });
});

describe("tools", () => {
  it("are functions, their schemas as the client wrote them", () => {
    const { body, dropped } = encode({
      tools: [tool("f", { description: "Does.", strict: true, extras: { eager: 1 } }), { type: "function", name: "g" }],
    });
    expect(JSON.stringify(body["tools"])).toBe(
      JSON.stringify([
        {
          type: "function",
          function: { name: "f", description: "Does.", parameters: { type: "object", properties: { b: {}, a: {} } } },
        },
        { type: "function", function: { name: "g", parameters: { type: "object", properties: {} } } },
      ]),
    );
    expect(dropped).toEqual(["tools[].strict", "tools[].eager"]);
  });

  it("are left out where none may be called, and cut down to those that may", () => {
    const tools = [tool("f"), tool("g")];
    const names = (toolChoice: ChatRequest["toolChoice"], unsupported?: "drop"): unknown =>
      (
        encode({ tools, ...(toolChoice === undefined ? {} : { toolChoice }) }, unsupported && { unsupported }).body[
          "tools"
        ] as { function: { name: string } }[] | undefined
      )?.map((each) => each.function.name);
    expect(names(undefined)).toEqual(["f", "g"]);
    expect(names({ type: "auto" })).toEqual(["f", "g"]);
    expect(names({ type: "none" })).toBe(undefined);
    expect(names({ type: "allowed", mode: "auto", names: ["g"] })).toEqual(["g"]);
    expect(names({ type: "tool", name: "f" }, "drop")).toEqual(["f"]);
    for (const choice of [
      { type: "required" },
      { type: "tool", name: "f" },
      { type: "allowed", mode: "required", names: ["f"] },
    ] as const) {
      expect(refusal(() => names(choice))).toEqual(["unsupported_parameter", "tool_choice"]);
    }
    expect(encode({ tools, toolChoice: { type: "required" } }, { unsupported: "drop" }).body).not.toHaveProperty(
      "tool_choice",
    );
  });

  it("of other kinds are refused", () => {
    for (const other of [
      { type: "custom", name: "sql" },
      { type: "opaque", dialect: "anthropic-messages", value: {} },
    ] as const) {
      expect(refusal(() => encode({ tools: [other] }))).toEqual(["unsupported_parameter", "tools"]);
    }
    const own = { type: "opaque", dialect: "ollama", value: { type: "own" } } as const;
    expect(encode({ tools: [own] }).body["tools"]).toEqual([{ type: "own" }]);
  });

  it("are called as the model likes, several at once", () => {
    expect(encode({ tools: [tool("f")], parallelToolCalls: false }).dropped).toEqual(["parallel_tool_calls"]);
    expect(encode({ parallelToolCalls: false }).dropped).toEqual([]);
  });
});

describe("the form of the answer", () => {
  it("is JSON or a schema, as it was written", () => {
    const schema = { type: "object", properties: { z: {}, a: {} } };
    expect(encode({ outputFormat: { type: "text" } }).body).not.toHaveProperty("format");
    expect(encode({ outputFormat: { type: "json" } }).body["format"]).toBe("json");
    const { body, dropped } = encode({
      outputFormat: { type: "json-schema", schema, name: "n", description: "d", strict: true },
    });
    expect(JSON.stringify(body["format"])).toBe(JSON.stringify(schema));
    expect(dropped).toEqual(["response_format.json_schema.description"]);
  });

  it("is one answer in text", () => {
    expect(encode({ choiceCount: 1, modalities: ["text"], serviceTier: "auto" }).dropped).toEqual([]);
    expect(refusal(() => encode({ choiceCount: 2 }))).toEqual(["unsupported_parameter", "n"]);
    expect(refusal(() => encode({ modalities: ["text", "audio"] }))).toEqual(["unsupported_parameter", "modalities"]);
    const knobs = { user: "u", metadata: {}, cacheKey: "k", verbosity: "low", logitBias: {}, audio: {} };
    expect(encode({ ...knobs, serviceTier: "flex", cacheHint: {} }).dropped).toEqual([
      "user",
      "metadata",
      "prompt_cache_key",
      "verbosity",
      "logit_bias",
      "audio",
      "service_tier",
      "cache_control",
    ]);
    expect(refusal(() => encode({ user: "u" }, { unsupported: "refuse" }))).toEqual(["unsupported_parameter", "user"]);
  });
});

describe("thinking", () => {
  it("is on or off, or left to the model", () => {
    expect(think(undefined)).toBe(undefined);
    expect(think({})).toBe(undefined);
    expect(think({ exclude: true })).toBe(undefined);
    for (const off of [{ enabled: false }, { effort: "none" }, { budgetTokens: 0 }]) expect(think(off)).toBe(false);
    for (const on of [{ enabled: true }, { adaptive: true }, { effort: "low" }, { budgetTokens: 5 }]) {
      expect(think(on)).toBe(true);
    }
  });

  it("has levels in the family that takes them, and where the operator says so", () => {
    const level = (effort: string): unknown => think({ effort }, "gpt-oss:120b-cloud");
    expect(["minimal", "low", "medium", "high", "xhigh", "max"].map(level)).toEqual([
      "low",
      "low",
      "medium",
      "high",
      "high",
      "high",
    ]);
    expect([1, 1024, 1025, 8192, 8193, -1].map((budgetTokens) => think({ budgetTokens }, "gpt-oss"))).toEqual([
      "low",
      "low",
      "medium",
      "medium",
      "high",
      true,
    ]);
    expect(think({ effort: "none" }, "gpt-oss")).toBe(false);
    expect(think({ effort: "high" }, "other", { reasoningControl: "effort" })).toBe("high");
    expect(think({ effort: "high" }, "gpt-oss", { reasoningControl: "flag" })).toBe(true);
  });

  it("is named where it, or its effort, is not known", () => {
    expect(encode({ reasoning: { effort: "huge" } }).dropped).toEqual(["reasoning_effort"]);
    const { body, dropped } = encode({ reasoning: { effort: "low" } }, { quirks: { reasoningControl: "none" } });
    expect(body).not.toHaveProperty("think");
    expect(dropped).toEqual(["reasoning_effort"]);
  });
});
