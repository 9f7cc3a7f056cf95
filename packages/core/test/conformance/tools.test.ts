import { describe, expect, test } from "vitest";
import { openaiCompatible } from "../../src/index.ts";
import { chatAnswer } from "../../src/testing/wire.ts";
import {
  chatCall,
  chatDeltas,
  chatMessage,
  claudeBlock,
  claudeMessage,
  claudeStream,
  converseAnswer,
  converseStream,
  geminiAnswer,
  ollamaAnswer,
} from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

const answerOf = (model: string): Respond => {
  if (model.startsWith("anthropic")) return claudeMessage([{ type: "text", text: "Hi" }]);
  if (model.startsWith("gemini")) return geminiAnswer([{ text: "Hi" }]);
  if (model.startsWith("bedrock")) return converseAnswer([{ text: "Hi" }]);
  if (model.startsWith("ollama")) return ollamaAnswer({ content: "Hi" });
  if (model.startsWith("responses")) return { body: { object: "response", status: "completed", output: [] } };
  return { body: chatAnswer("Hi") };
};
const fn = (name: string, more: object = {}): object => ({ type: "function", function: { name, ...more } });
const look = fn("look");
const claude = "anthropic/claude-sonnet-4-5";
const bedrockClaude = "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const nova = "bedrock/amazon.nova-pro-v1:0";
const llama = "bedrock/meta.llama3-3-70b-instruct-v1:0";

/** A conversation with these calls, each answered. */
const history = (...ids: readonly string[]): Tree => [
  { role: "user", content: "Look." },
  { role: "assistant", content: null, tool_calls: ids.map((id) => chatCall(id, "look", "{}")) },
  ...ids.map((id) => ({ role: "tool", tool_call_id: id, content: `Seen by ${id}` })),
];

describe("ids of calls", () => {
  const odd = ["call 1/€", "call 1/$", "x".repeat(90), "call_plain"];

  test.each<[string, RegExp, (body: Tree) => { calls: Tree[]; results: Tree[] }]>([
    [
      claude,
      /^[a-zA-Z0-9_-]+$/,
      ({ messages }) => ({
        calls: messages[1].content.map(({ id }: Tree) => id),
        results: messages[2].content.map((block: Tree) => block.tool_use_id),
      }),
    ],
    [
      nova,
      /^[a-zA-Z0-9_-]{1,64}$/,
      ({ messages }) => ({
        calls: messages[1].content.map(({ toolUse }: Tree) => toolUse.toolUseId),
        results: messages[2].content.map(({ toolResult }: Tree) => toolResult.toolUseId),
      }),
    ],
    [
      "mistral/mistral-small-latest",
      /^[a-zA-Z0-9]{9}$/,
      ({ messages }) => ({
        calls: messages[1].tool_calls.map(({ id }: Tree) => id),
        results: messages.slice(2).map((message: Tree) => message.tool_call_id),
      }),
    ],
    [
      "openai/gpt-4.1",
      /^[^]{1,40}$/,
      ({ messages }) => ({
        calls: messages[1].tool_calls.map(({ id }: Tree) => id),
        results: messages.slice(2).map((message: Tree) => message.tool_call_id),
      }),
    ],
    [
      "responses/gpt-4.1",
      /^[^]{1,64}$/,
      ({ input }) => ({
        calls: input.filter(({ type }: Tree) => type === "function_call").map((item: Tree) => item.call_id),
        results: input.filter(({ type }: Tree) => type === "function_call_output").map((item: Tree) => item.call_id),
      }),
    ],
  ])(
    "Q11, Q74, Q98, T26: are what %s takes, each its own, and the same for their results and the next time",
    async (model, legal, read) => {
      const { chat, sent } = createWorld(answerOf(model));
      await chat({ model, tools: [look], messages: history(...odd) });
      await chat({ model, tools: [look], messages: history(...odd) });
      const { calls, results } = read(sent(0));
      expect(calls).toHaveLength(odd.length);
      for (const id of calls) expect(id).toMatch(legal);
      expect(new Set(calls).size).toBe(odd.length);
      expect(results).toEqual(calls);
      expect(read(sent(1))).toEqual({ calls, results });
    },
  );

  test("T25: of Responses are those of the calls, not those of their items", async () => {
    const output = [
      { type: "function_call", id: "fc_1", call_id: "call_1", name: "look", arguments: "{}", status: "completed" },
    ];
    const { chat } = createWorld({ body: { object: "response", status: "completed", output } });
    const { body } = await chat({ model: "responses/gpt-4.1", tools: [look] });
    expect(body.choices[0].message.tool_calls).toMatchObject([{ id: "call_1" }]);
  });

  test("Q45, T2: are made where a provider gives none, and never twice the same", async () => {
    const call = { functionCall: { name: "look" } };
    const { chat } = createWorld(geminiAnswer([call, call]));
    const ids: string[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const { body } = await chat({ model: "gemini/gemini-2.5-flash", tools: [look] });
      ids.push(...body.choices[0].message.tool_calls.map(({ id }: Tree) => id));
    }
    expect(new Set(ids).size).toBe(4);
  });
});

describe("names of tools", () => {
  const names = ["files.read/all", `n${"x".repeat(80)}`, "plain_name"];
  const declarations = names.map((name) => ({ name, description: "d" }));
  const call = { functionCall: { id: "1", name: names[0], args: {} } };
  const turns = [
    { role: "user", parts: [{ text: "Read." }] },
    { role: "model", parts: [call] },
    { role: "user", parts: [{ functionResponse: { id: "1", name: names[0], response: { ok: true } } }] },
  ];

  test.each<
    [string, (body: Tree) => { declared: string[]; called: string; chosen: string }, (name: string) => Respond]
  >([
    [
      claude,
      ({ tools, messages, tool_choice }) => ({
        declared: tools.map(({ name }: Tree) => name),
        called: messages[1].content[0].name,
        chosen: tool_choice.name,
      }),
      (name) => claudeMessage([{ type: "tool_use", id: "t", name, input: {} }], "tool_use"),
    ],
    [
      nova,
      ({ toolConfig, messages }) => ({
        declared: toolConfig.tools.map(({ toolSpec }: Tree) => toolSpec.name),
        called: messages[1].content[0].toolUse.name,
        chosen: toolConfig.toolChoice.tool.name,
      }),
      (name) => converseAnswer([{ toolUse: { toolUseId: "t", name, input: {} } }], "tool_use"),
    ],
    [
      "openai/gpt-4.1",
      ({ tools, messages, tool_choice }) => ({
        declared: tools.map((tool: Tree) => tool.function.name),
        called: messages[1].tool_calls[0].function.name,
        chosen: tool_choice.function.name,
      }),
      (name) => chatMessage({ tool_calls: [chatCall("t", name, "{}")] }, "tool_calls"),
    ],
    [
      "responses/gpt-4.1",
      ({ tools, input, tool_choice }) => ({
        declared: tools.map(({ name }: Tree) => name),
        called: input.find(({ type }: Tree) => type === "function_call").name,
        chosen: tool_choice.name,
      }),
      (name) => ({
        body: {
          object: "response",
          status: "completed",
          output: [{ type: "function_call", id: "f", call_id: "t", name, arguments: "{}" }],
        },
      }),
    ],
  ])(
    "Q75: are ones that %s takes, and come back as the client's own, for each request anew",
    async (model, read, answer) => {
      let respond: Respond = answerOf(model);
      const { generate, sent } = createWorld((request, index) =>
        typeof respond === "function" ? respond(request, index) : respond,
      );
      const toolConfig = { functionCallingConfig: { mode: "ANY", allowedFunctionNames: [names[0]] } };
      const body = { contents: turns, tools: [{ functionDeclarations: declarations }], toolConfig };
      await generate(model, body);
      const { declared, called, chosen } = read(sent(0));
      for (const name of declared) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
      expect(new Set(declared).size).toBe(3);
      expect(declared[2]).toBe("plain_name");
      expect([called, chosen]).toEqual([declared[0], declared[0]]);
      respond = answer(declared[0] ?? "");
      const { body: told } = await generate(model, body);
      expect(told.candidates[0].content.parts[0].functionCall.name).toBe(names[0]);
    },
  );

  test("Q75: go to Gemini as they are, as far as it takes them", async () => {
    const { messages, sent } = createWorld(answerOf("gemini"));
    const tools = ["a.b:c-d", "a b"].map((name) => ({ name, input_schema: { type: "object" } }));
    await messages({ model: "gemini/gemini-2.5-flash", tools });
    const [first, second] = sent().tools[0].functionDeclarations;
    expect(first.name).toBe("a.b:c-d");
    expect(second.name).toMatch(/^a_b_[0-9a-f]{12}$/);
  });
});

describe("declarations", () => {
  const nothing = { type: "object", properties: {} };

  test.each<[string, (body: Tree) => unknown, unknown]>([
    [claude, ({ tools }) => tools[0], { name: "look", description: "", input_schema: nothing }],
    [nova, ({ toolConfig }) => toolConfig.tools[0].toolSpec, { name: "look", inputSchema: { json: nothing } }],
    ["gemini/gemini-2.5-flash", ({ tools }) => tools[0].functionDeclarations[0], { name: "look", description: "" }],
  ])(
    "Q18, Q76: of a tool without parameters and description go to %s as it takes them",
    async (model, read, declared) => {
      const { chat, sent } = createWorld(answerOf(model));
      await chat({ model, tools: [fn("look", { description: "" })] });
      expect(read(sent())).toEqual(declared);
    },
  );

  test("Q14, Q78: of tools that only the history calls are given again, and may not be called", async () => {
    for (const [model, read] of [
      [claude, (body: Tree) => [body.tools.map(({ name }: Tree) => name), body.tool_choice]],
      [bedrockClaude, (body: Tree) => [body.toolConfig.tools.map(({ toolSpec }: Tree) => toolSpec.name), undefined]],
    ] as const) {
      const { chat, sent } = createWorld(answerOf(model));
      await chat({ model, messages: history("call_1") });
      expect(read(sent())).toEqual([["look"], model === claude ? { type: "none" } : undefined]);
    }
  });

  test("T24: are not strict in Responses unless the client said so", async () => {
    const { chat, sent } = createWorld(answerOf("responses"));
    await chat({ model: "responses/gpt-4.1", tools: [look, fn("peek", { strict: true })] });
    expect(sent().tools.map(({ strict }: Tree) => strict)).toEqual([false, true]);
  });

  test("T29: are strict for Claude as long as that is not too much, and lose it by name", async () => {
    const parameters = { type: "object", properties: { a: { type: ["string", "null"] } }, additionalProperties: false };
    const tools = Array.from({ length: 22 }, (_, index) => fn(`t${index}`, { strict: true, parameters }));
    const { chat, sent } = createWorld(answerOf(claude));
    const { dropped } = await chat({ model: claude, tools });
    // Each has one property that may be left out and is a union: sixteen unions are the most.
    expect(sent().tools.filter(({ strict }: Tree) => strict === true)).toHaveLength(16);
    expect(dropped).toEqual(["tools.strict"]);
  });
});

describe("the choice among tools", () => {
  const choices = {
    required: "required",
    named: { type: "function", function: { name: "look" } },
    none: "none",
  } as const;

  test.each<[string, keyof typeof choices, Tree]>([
    ["mistral/mistral-small-latest", "required", { tool_choice: "any" }],
    // A named one stays named.
    ["mistral/mistral-small-latest", "named", { tool_choice: choices.named }],
    ["fireworks/m", "required", { tool_choice: "any" }],
    ["cohere/command-a-03-2025", "named", { tool_choice: "REQUIRED", tools: [{ function: { name: "look" } }] }],
    ["cohere/command-a-03-2025", "none", { tool_choice: "NONE" }],
    [nova, "required", { toolConfig: { toolChoice: { any: {} } } }],
    // None may be called: none is offered.
    [bedrockClaude, "none", { toolConfig: undefined }],
  ])("Q97, Q99, Q104, Q77: of %s for %s", async (model, choice, written) => {
    const { chat, sent } = createWorld(
      model.startsWith("cohere") ? { body: { message: {}, finish_reason: "COMPLETE" } } : answerOf(model),
    );
    await chat({ model, tools: [look, fn("peek")], tool_choice: choices[choice] });
    expect({ toolConfig: undefined, ...sent() }).toMatchObject(written);
  });

  test.each([
    ["moonshot/kimi-k2", "required"],
    ["ollama/llama3.2", "required"],
    ["zai/glm-4.6", "named"],
  ] as const)("Q101, Q105: is refused where %s cannot be made to call one (%s)", async (model, choice) => {
    const { status, body } = await createWorld().chat({ model, tools: [look], tool_choice: choices[choice] });
    expect([status, body.error.param]).toEqual([400, "tool_choice"]);
  });

  test("Q101: never reaches Ollama, which has none", async () => {
    const { chat, sent } = createWorld(answerOf("ollama"));
    await chat({ model: "ollama/llama3.2", tools: [look, fn("peek")], tool_choice: "auto" });
    await chat({ model: "ollama/llama3.2", tools: [look, fn("peek")], tool_choice: "none" });
    expect(sent(0)).not.toHaveProperty("tool_choice");
    expect(sent(1)).not.toHaveProperty("tools");
  });

  test.each([
    [claude, { tool_choice: { type: "auto", disable_parallel_tool_use: true } }, []],
    [
      bedrockClaude,
      { additionalModelRequestFields: { tool_choice: { type: "auto", disable_parallel_tool_use: true } } },
      [],
    ],
    ["openai/gpt-4.1", { parallel_tool_calls: false }, []],
    ["gemini/gemini-2.5-flash", {}, ["parallel_tool_calls"]],
    [nova, {}, ["parallel_tool_calls"]],
    ["ollama/llama3.2", {}, ["parallel_tool_calls"]],
  ])("Q17, Q62: one at a time is told to %s, or named as lost", async (model, written, named) => {
    const { chat, sent } = createWorld(answerOf(model));
    const { dropped } = await chat({ model, tools: [look, fn("peek")], parallel_tool_calls: false });
    expect(sent()).toMatchObject(written);
    expect(dropped).toEqual(named);
  });
});

describe("calls", () => {
  const input = (partial_json: string): object => ({ type: "input_json_delta", partial_json });
  const use = (id: string): object => ({ type: "tool_use", id, name: "look", input: {} });

  test("Q35, T4, T5: of Claude are numbered as calls, whole and streamed, and have an object where they have nothing", async () => {
    const text = { type: "text", text: "Let me see." };
    const whole = createWorld(claudeMessage([text, use("a"), { ...use("b"), input: { x: 1 } }], "tool_use"));
    const { body } = await whole.chat({ model: claude, tools: [look] });
    expect(body.choices[0].message.tool_calls).toEqual([chatCall("a", "look", "{}"), chatCall("b", "look", '{"x":1}')]);

    const frames = [
      ...claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "Let me see." }),
      ...claudeBlock(1, use("a"), input("")),
      ...claudeBlock(2, use("b"), input('{"x"'), input(":1}")),
    ];
    const streamed = createWorld(claudeStream(frames, "tool_use"));
    const { chunks } = await streamed.chat({ model: claude, tools: [look], stream: true });
    const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    const first = pieces.filter((piece: Tree) => piece.id !== undefined);
    expect(first).toMatchObject([
      { index: 0, id: "a", type: "function", function: { name: "look", arguments: "" } },
      { index: 1, id: "b", type: "function", function: { name: "look", arguments: "" } },
    ]);
    const argumentsOf = (index: number): string =>
      pieces
        .filter((piece: Tree) => piece.index === index)
        .map((piece: Tree) => piece.function.arguments)
        .join("");
    expect([argumentsOf(0), argumentsOf(1)]).toEqual(["{}", '{"x":1}']);
  });

  test("Q36: have the same numbers in a stream as in a whole answer, whatever else the answer holds", async () => {
    const events: (readonly [string, object])[] = [
      ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Let me see." } }],
      ["contentBlockStop", { contentBlockIndex: 0 }],
      ["contentBlockStart", { contentBlockIndex: 1, start: { toolUse: { toolUseId: "a", name: "look" } } }],
      ["contentBlockDelta", { contentBlockIndex: 1, delta: { toolUse: { input: "{}" } } }],
      ["contentBlockStop", { contentBlockIndex: 1 }],
    ];
    const { chat } = createWorld(converseStream(events, "tool_use"));
    const { chunks } = await chat({ model: bedrockClaude, tools: [look], stream: true });
    const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(pieces[0]).toMatchObject({ index: 0, id: "a" });
  });

  test("Q108: say their id once, and come to a client of Messages one after the other, however their pieces interleave", async () => {
    const piece = (index: number, more: object): object => ({ tool_calls: [{ index, ...more }] });
    const deltas = [
      piece(0, { id: "a", type: "function", function: { name: "look", arguments: '{"x"' } }),
      piece(1, { id: "b", type: "function", function: { name: "peek", arguments: "" } }),
      piece(1, { function: { arguments: "{}" } }),
      piece(0, { function: { arguments: ":1}" } }),
    ];
    const { messages } = createWorld(chatDeltas(deltas, "tool_calls"));
    const { chunks } = await messages({ model: "house/m", stream: true, tools: [{ name: "look", input_schema: {} }] });
    const starts = chunks.filter(({ type }) => type === "content_block_start");
    expect(starts).toMatchObject([
      { index: 0, content_block: { type: "tool_use", id: "a" } },
      { index: 1, content_block: { type: "tool_use", id: "b" } },
    ]);
    const inputs = [0, 1].map((at) =>
      chunks
        .filter(({ type, index }) => type === "content_block_delta" && index === at)
        .map(({ delta }) => delta.partial_json)
        .join(""),
    );
    expect(inputs).toEqual(['{"x":1}', "{}"]);
    const order = chunks.map(({ type, index }) => `${type} ${index}`).filter((line) => /(start|stop) \d/.test(line));
    expect(order).toEqual([
      "content_block_start 0",
      "content_block_stop 0",
      "content_block_start 1",
      "content_block_stop 1",
    ]);
  });

  test("T21: go on where later pieces bring an empty id and name", async () => {
    const deltas = [
      { tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "look", arguments: "" } }] },
      { tool_calls: [{ index: 0, id: "", function: { name: "", arguments: "{}" } }] },
    ];
    const { messages } = createWorld(chatDeltas(deltas, "tool_calls"));
    const { chunks } = await messages({ model: "alibaba/qwen3-max", stream: true });
    expect(chunks.filter(({ type }) => type === "content_block_start")).toHaveLength(1);
  });

  test("Q102, T18: may come whole in one chunk, with or without a number", async () => {
    const call = chatCall("a", "look", '{"x":1}');
    for (const model of ["groq/llama-3.3-70b-versatile", "mistral/mistral-small-latest"]) {
      const { chunks } = await createWorld(
        chatDeltas([{ tool_calls: [call, chatCall("b", "look", "{}")] }], "tool_calls"),
      ).chat({
        model,
        tools: [look],
        stream: true,
      });
      const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
      expect(pieces.filter((piece: Tree) => piece.id !== undefined)).toMatchObject([
        { index: 0, id: "a" },
        { index: 1, id: "b" },
      ]);
    }
  });

  test("Q101: of Ollama get ids and numbers of their own", async () => {
    const tool_calls = ["look", "peek"].map((name) => ({ function: { name, arguments: {} } }));
    const { chat } = createWorld(ollamaAnswer({ tool_calls }));
    const { body } = await chat({ model: "ollama/llama3.2", tools: [look] });
    const [{ message, finish_reason }] = body.choices;
    expect(message.tool_calls.map((call: Tree) => call.function.name)).toEqual(["look", "peek"]);
    expect(new Set(message.tool_calls.map(({ id }: Tree) => id)).size).toBe(2);
    expect(finish_reason).toBe("tool_calls");
  });

  test("Q90: are asked for whole of models that call no tools in a stream, and streamed to the client", async () => {
    const answer = converseAnswer(
      [{ text: "Let me see." }, { toolUse: { toolUseId: "a", name: "look", input: {} } }],
      "tool_use",
    );
    const { chat, url } = createWorld(answer);
    const { chunks, text } = await chat({ model: llama, tools: [look], stream: true });
    expect(url()).toMatch(/\/converse$/);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Let me see.");
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])[0]).toMatchObject({ index: 0, id: "a" });
    expect(text).toMatch(/\[DONE\]\n\n$/);
  });

  test("Q73: follow the text of their turn on Bedrock", async () => {
    const { messages, sent } = createWorld(answerOf(nova));
    const content = [use("a"), { type: "text", text: "Let me see." }];
    const result = { type: "tool_result", tool_use_id: "a", content: "Seen." };
    await messages({
      model: nova,
      tools: [{ name: "look", input_schema: { type: "object" } }],
      messages: [
        { role: "user", content: "Look." },
        { role: "assistant", content },
        { role: "user", content: [result] },
      ],
    });
    expect(sent().messages[1].content.map((block: Tree) => Object.keys(block)[0])).toEqual(["text", "toolUse"]);
  });

  test("Q15: with arguments that are no JSON are a clear 400 for those who take objects, never a failure", async () => {
    for (const model of [claude, nova, "gemini/gemini-2.5-flash", "ollama/llama3.2"]) {
      const messages = [
        { role: "user", content: "Look." },
        { role: "assistant", content: null, tool_calls: [chatCall("a", "look", '{"x":')] },
        { role: "tool", tool_call_id: "a", content: "Seen." },
      ];
      const { status, body } = await createWorld(answerOf(model)).chat({ model, tools: [look], messages });
      expect([model, status, body.error.code]).toEqual([model, 400, "invalid_value"]);
    }
  });

  test("Q37: of a server's own tools are none of the client's, and go back as they came", async () => {
    const server = [
      { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "q" } },
      {
        type: "web_search_tool_result",
        tool_use_id: "srvtoolu_1",
        content: [{ type: "web_search_result", url: "https://a.example", encrypted_content: "e" }],
      },
      { type: "text", text: "Found." },
    ];
    const asChat = await createWorld(claudeMessage(server)).chat({ model: claude });
    expect(asChat.body.choices).toMatchObject([{ message: { content: "Found." }, finish_reason: "stop" }]);
    expect(asChat.body.choices[0].message).not.toHaveProperty("tool_calls");

    const own = createWorld(claudeMessage(server));
    const { body } = await own.messages({ model: claude });
    expect(body.content).toEqual(server);
    const turns = [
      { role: "user", content: "Search." },
      { role: "assistant", content: body.content },
      { role: "user", content: "More." },
    ];
    await own.messages({ model: claude, messages: turns });
    expect(own.sent(1).messages[1].content).toEqual(server);
  });
});

describe("a request", () => {
  test("Q109: is never changed by what is made of it, for whomever", async () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
      return value;
    };
    const request = freeze({
      messages: [
        { role: "system" as const, parts: [{ type: "text" as const, text: "Be brief. ", cacheHint: {} }] },
        { role: "user" as const, parts: [{ type: "text" as const, text: "Look. " }] },
        {
          role: "assistant" as const,
          parts: [
            { type: "tool-call" as const, kind: "function" as const, id: "a b", name: "look.at", arguments: "{}" },
          ],
        },
        {
          role: "tool" as const,
          parts: [
            { type: "tool-result" as const, toolCallId: "a b", content: [{ type: "text" as const, text: "Seen. " }] },
          ],
        },
        { role: "system" as const, parts: [{ type: "text" as const, text: "Be kind." }] },
        { role: "assistant" as const, parts: [{ type: "text" as const, text: "Well, " }] },
      ],
      tools: [
        {
          type: "function" as const,
          name: "look.at",
          parameters: { type: "object", $defs: { a: { type: "string" } } },
        },
      ],
      toolChoice: { type: "tool" as const, name: "look.at" },
      reasoning: { effort: "high" },
      stop: [" ", "END"],
      temperature: 1.9,
    });
    const world = createWorld();
    for (const model of [
      claude,
      nova,
      bedrockClaude,
      "gemini/gemini-2.5-flash",
      "cohere/command-a-03-2025",
      "openai/gpt-4.1",
      "responses/gpt-4.1",
      "mistral/m",
      "groq/m",
    ]) {
      const { targets, refused } = await world.gateway.explain({ ...request, model });
      // Refused or not, nothing tried to write into it: that would have thrown a TypeError.
      expect([model, refused?.error.code ?? targets[0]?.error?.code ?? "written"]).not.toEqual([
        model,
        "internal_error",
      ]);
    }
    const frozen = openaiCompatible({ id: "frozen", baseURL: "http://127.0.0.1:1/v1" });
    expect(Object.isFrozen(request) && frozen.id).toBe("frozen");
  });
});
