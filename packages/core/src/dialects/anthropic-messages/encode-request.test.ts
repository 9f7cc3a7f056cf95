import { describe, expect, it } from "vitest";
import type { Message, Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget } from "../dialect.ts";
import { encodeRequest } from "./encode-request.ts";

const user = (text: string): Message => ({ role: "user", parts: [{ type: "text", text }] });
const assistant = (...parts: readonly Part[]): Message => ({ role: "assistant", parts });
const text = (value: string): Part => ({ type: "text", text: value });
const call = (id: string, argumentsText = "{}"): Part => ({
  type: "tool-call",
  kind: "function",
  id,
  name: "f",
  arguments: argumentsText,
});
const result = (id: string, value = "ok"): Part => ({ type: "tool-result", toolCallId: id, content: [text(value)] });
const results = (...parts: readonly Part[]): Message => ({ role: "tool", parts });
const tools: ChatRequest["tools"] = [{ type: "function", name: "f" }];

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly tool_use_id?: string;
  readonly content?: unknown;
  readonly input?: unknown;
  readonly cache_control?: unknown;
}

interface Body extends Readonly<Record<string, unknown>> {
  readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[];
  readonly tools?: readonly { readonly name: string; readonly cache_control?: unknown }[];
  readonly output_config?: { readonly effort?: string };
}

interface Written {
  readonly body: Body;
  readonly dropped: readonly string[];
}

const write = (request: Partial<ChatRequest>, target: Partial<BackTarget> = {}): Written => {
  const full: ChatRequest = { dialect: "openai-chat", model: "m", stream: false, messages: [user("Hi")], ...request };
  const { body, dropped } = encodeRequest(full, {
    provider: "acme",
    model: "claude-sonnet-4-5",
    quirks: {},
    ...target,
  });
  return { body: JSON.parse(String(body)), dropped };
};

const refusal = (code: string, param: string) => expect.objectContaining({ name: "GatewayError", code, param });

describe("encodeRequest", () => {
  it("names the path, the version and the model", () => {
    const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [user("Hi")] };
    const encoded = encodeRequest(request, { provider: "acme", model: "claude-x", quirks: {} });
    expect(encoded).toMatchObject({ path: "/messages", headers: { "anthropic-version": "2023-06-01" }, dropped: [] });
    expect(JSON.parse(String(encoded.body))).toEqual({
      model: "claude-x",
      max_tokens: 4096,
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
      stream: true,
    });
  });

  it("takes the model's own limit for max_tokens where the client set none", () => {
    expect(write({}, { info: { maxOutputTokens: 64_000 } }).body["max_tokens"]).toBe(64_000);
    expect(write({ maxOutputTokens: 100 }, { info: { maxOutputTokens: 64_000 } }).body["max_tokens"]).toBe(100);
  });

  it("names fields of another dialect that it has no word for", () => {
    const extras = { store: true, safety_identifier: "u1", prediction: {} };
    const { body, dropped } = write({ extras, user: "u1" });
    expect(dropped).toEqual(["store", "prediction"]);
    expect(body["metadata"]).toEqual({ user_id: "u1" });
    expect(body).not.toHaveProperty("store");
    expect(write({ extras, dialect: "anthropic-messages" })).toMatchObject({ body: extras, dropped: [] });
  });

  it("does not change the request it was given", () => {
    const request: ChatRequest = {
      dialect: "openai-chat",
      model: "m",
      stream: false,
      messages: [user("a"), assistant(text("b"), call("x.y")), results(result("x.y")), assistant(text("end  "))],
      cacheHint: {},
    };
    const before = structuredClone(request);
    encodeRequest(request, { provider: "acme", model: "claude-sonnet-4-5", quirks: {} });
    expect(request).toEqual(before);
  });
});

describe("conversations", () => {
  it("Q1, Q2: put leading system and developer messages into system blocks with their cache markers", () => {
    const system: Message = { role: "system", parts: [{ type: "text", text: "a", cacheHint: { ttl: "1h" } }] };
    const { body } = write({ messages: [system, { role: "developer", parts: [text("b")] }, user("Hi")] });
    expect(body["system"]).toEqual([
      { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
      { type: "text", text: "b" },
    ]);
  });

  it("Q1: keep later system messages in place, as such or marked in a user turn", () => {
    const note: Message = { role: "system", parts: [text("note")] };
    const messages = [user("a"), note, assistant(text("b")), note, user("c")];
    const native = write({ messages }, { info: { capabilities: ["mid-system"] } }).body["messages"];
    const marked = { type: "text", text: "<system>\nnote\n</system>" };
    expect(native).toEqual([
      { role: "user", content: [{ type: "text", text: "a" }] },
      { role: "system", content: [{ type: "text", text: "note" }] },
      { role: "assistant", content: [{ type: "text", text: "b" }] },
      // After an assistant turn it is not taken.
      { role: "user", content: [marked, { type: "text", text: "c" }] },
    ]);
    expect(write({ messages }).body["messages"][0]?.content).toEqual([{ type: "text", text: "a" }, marked]);
  });

  it("Q3: merge turns of one role by joining their blocks", () => {
    const messages = [user("a"), user("b"), assistant(text("c")), assistant(text("d")), user("e")];
    const turns = write({ messages }).body["messages"].map(({ role, content }) => [role, content.length]);
    expect(turns).toEqual([
      ["user", 2],
      ["assistant", 2],
      ["user", 1],
    ]);
  });

  it("Q4: refuse a request without any turn", () => {
    const system: Message = { role: "system", parts: [text("a")] };
    expect(() => write({ messages: [system] })).toThrow(refusal("invalid_value", "messages"));
    expect(() => write({ messages: [user(" ")] })).toThrow(refusal("invalid_value", "messages"));
  });

  it("Q5, Q6: leave out blank texts and trim the end of the last assistant text", () => {
    const messages = [user("a"), assistant(text(""), text(" \n"), text("b ")), user("c"), assistant(text("d \n"))];
    expect(write({ messages }).body["messages"].map(({ content }) => content.map((block) => block.text))).toEqual([
      ["a"],
      ["b "],
      ["c"],
      ["d"],
    ]);
  });

  it("begin with a user turn", () => {
    const [first, second] = write({ messages: [assistant(text("a")), user("b")] }).body["messages"];
    expect([first?.role, second?.role]).toEqual(["user", "assistant"]);
  });

  it("Q7, Q8: send Claude's reasoning back as it was, other reasoning to nobody", () => {
    const format = "anthropic-claude-v1";
    const parts: Part[] = [
      { type: "reasoning", text: "hm", signature: { format, value: "s1" } },
      { type: "reasoning", text: "", signature: { format, value: "s2" } },
      { type: "reasoning", text: "", encrypted: { format, value: "d" } },
      { type: "reasoning", text: "foreign", signature: { format: "google-gemini-v1", value: "x" } },
      { type: "reasoning", text: "unsigned" },
      text("a"),
    ];
    expect(write({ messages: [user("q"), assistant(...parts), user("r")] }).body["messages"][1]?.content).toEqual([
      { type: "thinking", thinking: "hm", signature: "s1" },
      { type: "thinking", thinking: "", signature: "s2" },
      { type: "redacted_thinking", data: "d" },
      { type: "text", text: "a" },
    ]);
  });

  it("Q10: put all results of one turn first into one user turn", () => {
    const messages = [
      user("q"),
      assistant(call("a"), call("b")),
      results(result("a", "1")),
      user("and"),
      results(result("b", "2")),
    ];
    expect(write({ messages, tools }).body["messages"][2]).toEqual({
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "a", content: "1" },
        { type: "tool_result", tool_use_id: "b", content: "2" },
        { type: "text", text: "and" },
      ],
    });
  });

  it("Q11: make ids legal for call and result alike, without collisions", () => {
    const ids = ["a.b", "a:b", "a_b", "ü"];
    const messages = [user("q"), assistant(...ids.map((id) => call(id))), results(...ids.map((id) => result(id, id)))];
    const [, calls, answers] = write({ messages, tools }).body["messages"];
    const written = calls?.content.map(({ id }) => id) ?? [];
    expect(new Set(written).size).toBe(ids.length);
    for (const id of written) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(written[2]).toBe("a_b");
    expect(answers?.content.map(({ tool_use_id: id, content }) => [id, content])).toEqual(
      written.map((id, index) => [id, ids[index]]),
    );
    expect(write({ messages, tools }).body["messages"]).toEqual(write({ messages, tools }).body["messages"]);
  });

  it("Q12: keep one of a call and a result that a merged history holds twice", () => {
    const messages = [
      user("q"),
      assistant(call("a")),
      assistant(call("a")),
      results(result("a")),
      results(result("a")),
    ];
    const [, calls, answers] = write({ messages, tools }).body["messages"];
    expect([calls?.content.length, answers?.content.length]).toEqual([1, 1]);
  });

  it("give calls that share an id over the turns ids of their own", () => {
    const turn = [assistant(call("call_0")), results(result("call_0"))];
    const written = write({ messages: [user("q"), ...turn, ...turn], tools }).body["messages"];
    const ids = written.slice(1).map(({ content }) => content[0]?.id ?? content[0]?.tool_use_id);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it.each([
    ["a call without result", [user("q"), assistant(call("a")), user("r")], /"a" has no result/],
    ["a call without anything after it", [user("q"), assistant(call("a"))], /"a" has no result/],
    ["a result without call", [user("q"), results(result("a"))], /"a" answers no tool call/],
  ])("Q13: refuse %s in clear words", (_, messages, words) => {
    expect(() => write({ messages, tools })).toThrow(words);
  });

  it("Q15: write arguments as an object and refuse what is none", () => {
    const input = (argumentsText: string) =>
      write({ messages: [user("q"), assistant(call("a", argumentsText)), results(result("a"))], tools }).body[
        "messages"
      ][1]?.content[0]?.input;
    expect(input('{"x":[1]}')).toEqual({ x: [1] });
    expect(input("")).toEqual({});
    for (const broken of ["{", "[]", "1"]) expect(() => input(broken)).toThrow(refusal("invalid_value", "messages"));
  });

  it("Q29: write images and documents by their source", () => {
    const parts: Part[] = [
      { type: "image", source: { type: "url", url: "https://a.example/b.png" }, detail: "high" },
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AA==" } },
      { type: "file", source: { type: "base64", mediaType: "application/pdf", data: "AA==" }, filename: "a.pdf" },
      { type: "file", source: { type: "base64", mediaType: "text/csv", data: Buffer.from("a,ü").toString("base64") } },
      { type: "file", source: { type: "file-id", fileId: "file_1" } },
      { type: "file", source: { type: "file-id", fileId: "file_2", mediaType: "image/png" } },
    ];
    const { body, dropped } = write({ messages: [{ role: "user", parts }] });
    expect(dropped).toEqual(["image_url.detail"]);
    expect(body["messages"][0]?.content).toEqual([
      { type: "image", source: { type: "url", url: "https://a.example/b.png" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: "AA==" }, title: "a.pdf" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "a,ü" } },
      { type: "document", source: { type: "file", file_id: "file_1" } },
      { type: "image", source: { type: "file", file_id: "file_2" } },
    ]);
  });

  it("Q30: refuse audio, or drop it where the operator wants that", () => {
    const audio: Part = { type: "audio", source: { type: "base64", mediaType: "audio/wav", data: "AA==" } };
    const messages: Message[] = [{ role: "user", parts: [text("a"), audio] }];
    expect(() => write({ messages })).toThrow(refusal("unsupported_parameter", "input_audio"));
    expect(write({ messages }, { unsupported: "drop" }).dropped).toEqual(["input_audio"]);
  });

  const marksOf = (hinted: readonly Part[], request: Partial<ChatRequest> = {}): unknown => {
    const { body, dropped } = write({ messages: [{ role: "user", parts: hinted }], ...request });
    const blocks = [...(body.tools ?? []), ...(body.messages[0]?.content ?? [])];
    return { marks: blocks.map((block) => block.cache_control), whole: body["cache_control"], dropped };
  };
  const hinted = (...ttls: readonly (string | undefined)[]): Part[] =>
    ttls.map((ttl) => ({ type: "text", text: "a", cacheHint: ttl === undefined ? {} : { ttl } }));
  const short = { type: "ephemeral" };
  const hour = { type: "ephemeral", ttl: "1h" };

  it("Q40: keep the last four cache markers", () => {
    const look: ChatRequest["tools"] = [{ type: "function", name: "f", cacheHint: {} }];
    const five = hinted(undefined, undefined, undefined, undefined, undefined);
    const nobody = undefined;
    expect(marksOf(five, { tools: look })).toEqual({
      marks: [nobody, nobody, short, short, short, short],
      whole: nobody,
      dropped: ["cache_control"],
    });
    expect(marksOf([...five, text("b")], { tools: look, cacheHint: {} })).toEqual({
      marks: [nobody, nobody, nobody, short, short, short, nobody],
      whole: short,
      dropped: ["cache_control"],
    });
  });

  it("let no hour follow minutes", () => {
    const look: ChatRequest["tools"] = [{ type: "function", name: "f", cacheHint: { ttl: "5m" } }];
    expect(marksOf(hinted("300s", "1h", undefined), { tools: look })).toEqual({
      marks: [hour, hour, hour, short],
      dropped: [],
    });
    expect(marksOf([...hinted(undefined), text("b")], { cacheHint: { ttl: "1h" } })).toEqual({
      marks: [hour, undefined],
      whole: hour,
      dropped: [],
    });
  });

  it("mark the last block once, where the request is marked as a whole", () => {
    expect(marksOf(hinted(undefined, undefined), { cacheHint: { ttl: "30m" } })).toEqual({
      marks: [hour, hour],
      dropped: [],
    });
    expect(marksOf(hinted("1h"), { cacheHint: {} })).toEqual({ marks: [hour], dropped: [] });
  });

  it("replays its own opaque blocks and nobody else's", () => {
    const value = { type: "server_tool_use", id: "s", name: "web_search", input: {} };
    const own: Part = { type: "opaque", dialect: "anthropic-messages", value };
    const other: Part = { type: "opaque", dialect: "gemini", value: { x: 1 } };
    expect(
      write({ messages: [user("q"), assistant(own, other, text("a")), user("r")] }).body["messages"][1]?.content,
    ).toEqual([value, { type: "text", text: "a" }]);
  });
});

describe("tools", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } } };

  it("Q18: always have an object schema without keys that are refused", () => {
    const { body } = write({
      tools: [
        { type: "function", name: "bare" },
        { type: "function", name: "full", description: "d", parameters: { $schema: "x", ...parameters, anyOf: [] } },
      ],
    });
    expect(body["tools"]).toEqual([
      { name: "bare", input_schema: { type: "object", properties: {} } },
      { name: "full", description: "d", input_schema: parameters },
    ]);
  });

  it("T29: are adapted where they are strict", () => {
    const strict = { type: "object", properties: { a: { type: "integer", minimum: 1 } }, additionalProperties: false };
    const { body } = write({ tools: [{ type: "function", name: "f", parameters: strict, strict: true }] });
    expect(body["tools"]?.[0]).toEqual({
      name: "f",
      strict: true,
      input_schema: {
        type: "object",
        properties: { a: { type: "integer", description: "(minimum: 1)" } },
        additionalProperties: false,
      },
    });
  });

  it.each([
    [{ type: "auto" }, { type: "auto" }],
    [{ type: "none" }, { type: "none" }],
    [{ type: "required" }, { type: "any" }],
    [
      { type: "tool", name: "f" },
      { type: "tool", name: "f" },
    ],
  ] as const)("Q16: are chosen by %j", (toolChoice, expected) => {
    expect(write({ tools, toolChoice }).body["tool_choice"]).toEqual(expected);
  });

  it("Q16: are filtered where only some are allowed", () => {
    const { body } = write({
      tools: [...(tools ?? []), { type: "function", name: "g" }],
      toolChoice: { type: "allowed", mode: "required", names: ["g"] },
    });
    expect(body["tools"]?.map(({ name }) => name)).toEqual(["g"]);
    expect(body["tool_choice"]).toEqual({ type: "any" });
  });

  it("Q17: are called one at a time where the client wants that", () => {
    const parallelToolCalls = false;
    const choice = (request: Partial<ChatRequest>) => write({ parallelToolCalls, ...request }).body["tool_choice"];
    expect(choice({ tools })).toEqual({ type: "auto", disable_parallel_tool_use: true });
    expect(choice({ tools, toolChoice: { type: "required" } })).toEqual({
      type: "any",
      disable_parallel_tool_use: true,
    });
    expect(choice({ tools, toolChoice: { type: "none" } })).toEqual({ type: "none" });
    expect(choice({})).toBeUndefined();
  });

  it("Q14: are declared again where only the history has them", () => {
    const { body } = write({ messages: [user("q"), assistant(call("a")), results(result("a"))] });
    expect(body["tools"]).toEqual([{ name: "f", input_schema: { type: "object", properties: {} } }]);
    expect(body["tool_choice"]).toEqual({ type: "none" });
  });

  it("are refused where Anthropic has nothing like them", () => {
    const foreign: ChatRequest["tools"] = [
      { type: "opaque", dialect: "openai-responses", value: { type: "file_search" } },
    ];
    expect(() => write({ tools: foreign })).toThrow(refusal("unsupported_parameter", "tools"));
    expect(() => write({ tools: [{ type: "custom", name: "x" }] })).toThrow(refusal("unsupported_parameter", "tools"));
  });
});

describe("other parameters", () => {
  it.each([
    ["n", { choiceCount: 2 }],
    ["logprobs", { logprobs: true }],
    ["logit_bias", { logitBias: { "1": 1 } }],
    ["modalities", { modalities: ["text", "audio"] }],
  ] as const)("refuse %s, without which the answer would mean something else", (param, request) => {
    expect(() => write(request)).toThrow(refusal("unsupported_parameter", param));
    expect(write(request, { unsupported: "drop" }).dropped).toEqual([param]);
  });

  it("drop and name tuning knobs, or refuse them where the operator wants that", () => {
    const request = { seed: 1, frequencyPenalty: 1, presencePenalty: 0, verbosity: "low", metadata: { a: "b" } };
    expect(write(request).dropped).toEqual(["seed", "frequency_penalty", "verbosity", "metadata"]);
    expect(() => write({ seed: 1 }, { unsupported: "refuse" })).toThrow(refusal("unsupported_parameter", "seed"));
  });

  it("Q19: leave out stop sequences of white space", () => {
    expect(write({ stop: ["END", "\n"] })).toMatchObject({ body: { stop_sequences: ["END"] }, dropped: ["stop"] });
    expect(write({ stop: [" "] }).body["stop_sequences"]).toBeUndefined();
  });

  it("Q24: fit sampling to the model", () => {
    const sampling = { temperature: 1.5, topP: 0.9, topK: 5 };
    expect(write(sampling, { model: "claude-3-5-haiku-latest" })).toMatchObject({
      body: { temperature: 1, top_p: 0.9, top_k: 5 },
      dropped: ["temperature"],
    });
    expect(write(sampling).body).toMatchObject({ temperature: 1, top_k: 5 });
    expect(write(sampling).dropped).toEqual(["temperature", "top_p"]);
    expect(write(sampling, { model: "claude-opus-4-8" }).dropped).toEqual(["temperature", "top_p", "top_k"]);
    expect(write({ temperature: 1, topP: 1 }, { model: "claude-opus-4-8" }).dropped).toEqual([]);
    expect(write({ temperature: 1.5 }, { model: "deepseek-chat", quirks: { maxTemperature: 2 } }).body).toMatchObject({
      temperature: 1.5,
    });
  });

  it("Q28: send the user's id unless it looks like an address or a number", () => {
    expect(write({ user: "user-7" }).body["metadata"]).toEqual({ user_id: "user-7" });
    for (const id of ["a@b.example", "+49 170 1234567"]) {
      expect(write({ user: id })).toMatchObject({ dropped: ["user"] });
      expect(write({ user: id }).body["metadata"]).toBeUndefined();
    }
  });

  it.each([
    ["auto", "auto"],
    ["default", "standard_only"],
    ["flex", undefined],
  ])("map the service tier %s", (serviceTier, expected) => {
    expect(write({ serviceTier }).body["service_tier"]).toBe(expected);
  });

  it("respect what a server is known to refuse", () => {
    expect(write({ topK: 5 }, { model: "other", quirks: { unsupported: ["top_k"] } })).toEqual({
      body: expect.not.objectContaining({ top_k: 5 }),
      dropped: ["top_k"],
    });
  });

  it("Q25, Q27: hold the answer to a schema, or ask for JSON in words", () => {
    const outputFormat = { type: "json-schema", schema: { type: "object", properties: {} }, name: "x" } as const;
    expect(write({ outputFormat }).body["output_config"]).toEqual({
      format: { type: "json_schema", schema: { type: "object", properties: {}, additionalProperties: false } },
    });
    const old = { model: "claude-3-5-sonnet-20241022" };
    expect(write({ outputFormat }, old).body).toMatchObject({
      tools: [{ input_schema: outputFormat.schema }],
      tool_choice: { type: "tool" },
    });
    const list = { type: "json-schema", schema: { type: "array" }, strict: true } as const;
    expect(write({ outputFormat: list }, old)).toMatchObject({
      body: { system: [{ type: "text", text: expect.stringContaining('{"type":"array"}') }] },
      dropped: ["response_format.json_schema.strict"],
    });
    expect(write({ outputFormat: { type: "json" } }).body["system"]).toEqual([
      { type: "text", text: expect.stringContaining("JSON object") },
    ]);
  });
});

describe("thinking", () => {
  const plan = (request: Partial<ChatRequest>, target: Partial<BackTarget> = {}) => {
    const { body, dropped } = write(request, target);
    return { thinking: body["thinking"], effort: body["output_config"]?.effort, max: body["max_tokens"], dropped };
  };
  const enabled = (budget: number) => ({ type: "enabled", budget_tokens: budget });
  const none = { effort: undefined, dropped: [] };

  it("Q21, Q22: is a budget on older models, at least 1024 and below max_tokens", () => {
    expect(plan({ reasoning: { effort: "minimal" } })).toEqual({ ...none, thinking: enabled(1024), max: 5120 });
    expect(plan({ reasoning: { effort: "medium" }, maxOutputTokens: 8000 })).toMatchObject({
      thinking: enabled(2048),
      max: 8000,
    });
    expect(plan({ reasoning: { budgetTokens: 9000 }, maxOutputTokens: 1000 })).toMatchObject({
      thinking: enabled(9000),
      max: 10_000,
    });
    const info = { maxOutputTokens: 8192 };
    expect(plan({ reasoning: { budgetTokens: 9000 } }, { info })).toMatchObject({ thinking: enabled(4096), max: 8192 });
    expect(plan({ reasoning: { effort: "high" }, temperature: 0.5, topK: 3 }).dropped).toEqual([
      "temperature",
      "top_k",
    ]);
  });

  it("Q23: is adaptive with an effort on newer models", () => {
    const adaptive = { type: "adaptive", display: "summarized" };
    const asked = (effort: string, model: string) => plan({ reasoning: { effort } }, { model });
    expect(asked("minimal", "claude-opus-4-8")).toEqual({ ...none, thinking: adaptive, effort: "low", max: 4096 });
    expect(asked("xhigh", "claude-opus-4-8").effort).toBe("xhigh");
    expect(asked("xhigh", "claude-sonnet-4-6").effort).toBe("high");
    expect(asked("max", "claude-sonnet-4-6").effort).toBe("max");
    const byCatalog = { model: "house-model", info: { capabilities: ["adaptive-thinking"] } };
    expect(plan({ reasoning: { effort: "high" } }, byCatalog)).toMatchObject({ thinking: adaptive, effort: "high" });
    expect(plan({ reasoning: { budgetTokens: 2048, exclude: true } }, { model: "claude-opus-5" })).toMatchObject({
      thinking: { type: "adaptive", display: "omitted" },
      effort: "medium",
    });
  });

  it("Q22: is off where the client wants that, as far as it can be", () => {
    const reasoning = { effort: "none" };
    expect(plan({ reasoning })).toEqual({ ...none, thinking: { type: "disabled" }, max: 4096 });
    expect(plan({ reasoning }, { model: "claude-3-haiku-20240307" })).toEqual({
      ...none,
      thinking: undefined,
      max: 4096,
    });
    expect(plan({ reasoning }, { model: "claude-opus-5-5" })).toMatchObject({
      thinking: undefined,
      effort: "low",
      dropped: ["reasoning_effort"],
    });
  });

  it("is dropped and named where the model has none", () => {
    expect(plan({ reasoning: { effort: "high" } }, { model: "claude-3-5-haiku-latest" })).toMatchObject({
      thinking: undefined,
      dropped: ["reasoning_effort"],
    });
  });

  it("Q24: gives way to a forced tool call, unless the model always thinks", () => {
    const request: Partial<ChatRequest> = { tools, toolChoice: { type: "required" }, reasoning: { effort: "high" } };
    expect(plan(request)).toMatchObject({ thinking: undefined, dropped: ["reasoning_effort"] });
    expect(write(request).body["tool_choice"]).toEqual({ type: "any" });
    const own = { dialect: "anthropic-messages", reasoning: { enabled: true, budgetTokens: 2048 } };
    const extras = { thinking: { display: "summarized" } };
    expect(plan({ ...request, ...own, extras })).toMatchObject({ thinking: undefined, dropped: ["thinking"] });
    const always = { model: "claude-opus-5-5" };
    expect(() => write(request, always)).toThrow(refusal("unsupported_parameter", "tool_choice"));
    expect(write(request, { ...always, unsupported: "drop" }).body["tool_choice"]).toEqual({ type: "auto" });
  });

  it("Q9: is off while a turn goes on whose thinking was lost, but not where other turns have theirs", () => {
    const reasoning = { effort: "high" };
    const lost = [user("q"), assistant(call("a")), results(result("a"))];
    expect(plan({ messages: lost, tools, reasoning })).toMatchObject({
      thinking: undefined,
      dropped: ["reasoning_effort"],
    });
    const thought: Part = { type: "reasoning", text: "hm", signature: { format: "anthropic-claude-v1", value: "s" } };
    const earlier = [user("q"), assistant(thought, text("a")), ...lost];
    expect(plan({ messages: earlier, tools, reasoning })).toMatchObject({ thinking: enabled(4096), dropped: [] });
    const kept = [user("q"), assistant(thought, call("a")), results(result("a"))];
    expect(plan({ messages: kept, tools, reasoning }).dropped).toEqual([]);
    const over = [...lost, assistant(text("done")), user("next")];
    expect(plan({ messages: over, tools, reasoning })).toMatchObject({ thinking: enabled(4096), dropped: [] });
    expect(plan({ messages: lost, tools, reasoning }, { model: "claude-opus-4-8" }).dropped).toEqual([]);
  });
});
