import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { post, readEvents, readJsonEvents, responses, responsesPath, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (body: unknown): Promise<any> => (await post(simulator, responsesPath, body)).json();
const stream = async (body: Body): Promise<string> =>
  (await post(simulator, responsesPath, { ...body, stream: true })).text();
// oxlint-disable-next-line typescript/no-explicit-any
const events = async (body: Body): Promise<readonly any[]> => readJsonEvents(await stream(body));

const weather = {
  type: "function",
  name: "get_weather",
  description: "Tells the weather",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};
const question = "What is the weather in Paris and Rome?";
const user = (content: unknown): Body => ({ role: "user", content });

describe("through the official SDK", () => {
  const client = (): OpenAI => new OpenAI({ apiKey: "any", baseURL: `${simulator.url}/openai/v1`, maxRetries: 0 });

  test("a whole answer", async () => {
    const answer = await client().responses.create({ model: "gpt-4o", input: 'Say "alpha beta"' });
    expect(answer.output_text).toBe("alpha beta");
    expect(answer.status).toBe("completed");
    expect(answer.usage?.total_tokens).toBe((answer.usage?.input_tokens ?? 0) + (answer.usage?.output_tokens ?? 0));
  });

  test("a stream that adds up to the whole answer", async () => {
    const asked = { model: "gpt-4o", input: "Why is the sky blue?" };
    const whole = await client().responses.create(asked);
    const streamed = await client().responses.stream(asked).finalResponse();
    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed).toMatchObject({ id: whole.id, status: whole.status, usage: whole.usage });
  });

  test("errors as the SDK's own classes", async () => {
    const asked = client().responses.create({ model: "fault:404", input: "x" });
    await expect(asked).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const broken = client().responses.stream({ model: "gpt-4o", input: "x", top_p: 2 });
    await expect(broken.finalResponse()).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});

describe("streams", () => {
  test("tell each item, each part and each end, with rising numbers and names that are the types", async () => {
    const text = await stream(responses('Say "alpha beta"'));
    const told = readJsonEvents(text);
    expect(told.map(({ type }) => type.replace("response.", ""))).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "completed",
    ]);
    expect(told.map(({ sequence_number }) => sequence_number)).toEqual(told.map((_, index) => index));
    expect(readEvents(text).map(({ name }) => name)).toEqual(told.map(({ type }) => type));
    expect(told.at(-1).response).toEqual(await ask(responses('Say "alpha beta"')));
    expect(told[4]).toHaveProperty("obfuscation");
  });

  test("leave out what only hides their length when that is not wanted", async () => {
    const told = await events(responses("Hello", { stream_options: { include_obfuscation: false } }));
    expect(told.some((event) => "obfuscation" in event)).toBe(false);
  });

  test("tell calls, with ids that are theirs and ids that are the calls'", async () => {
    const told = await events(responses(question, { tools: [weather] }));
    const done = told.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
    expect(done).toMatchObject([
      { type: "function_call", name: "get_weather", arguments: '{"city":"Paris"}', id: expect.stringMatching(/^fc_/u) },
      { type: "function_call", arguments: '{"city":"Rome"}', call_id: expect.stringMatching(/^call_/u) },
    ]);
    const [first] = done;
    const pieces = told.filter(
      ({ type, item_id }) => type === "response.function_call_arguments.delta" && item_id === first.id,
    );
    expect(pieces.map(({ delta }) => delta).join("")).toBe(first.arguments);
    expect(told.at(-1).response.output).toEqual(done);
  });

  test("say that they are incomplete when the tokens are used up", async () => {
    const told = await events(responses("Count to 50", { max_output_tokens: 16 }));
    expect(told.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: {
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output: [{ status: "incomplete" }],
      },
    });
  });

  test("end in an error of their own", async () => {
    const text = await (
      await post(
        simulator,
        responsesPath,
        { ...responses("Explain rain"), stream: true },
        { "x-simulator-fault": "error-mid-stream" },
      )
    ).text();
    const told = readJsonEvents(text);
    expect(readEvents(text).at(-1)?.name).toBe("error");
    expect(told.at(-1)).toMatchObject({
      type: "error",
      error: { code: "overloaded" },
      sequence_number: told.length - 1,
    });
  });
});

describe("tools", () => {
  test("have results that are used", async () => {
    const asked = [user(question)];
    const { output } = await ask(responses(asked, { tools: [weather] }));
    const results = output.map(({ call_id }: Body, index: number) => ({
      type: "function_call_output",
      call_id,
      output: index === 0 ? "21°C" : [{ type: "input_text", text: "24°C" }],
    }));
    const answer = await ask(responses([...asked, ...output, ...results], { tools: [weather] }));
    expect(answer.output[0].content[0].text).toBe("According to get_weather: 21°C\nAccording to get_weather: 24°C");
  });

  test("may take free text", async () => {
    const { output } = await ask(
      responses('Use the note tool with "buy milk"', { tools: [{ type: "custom", name: "note" }] }),
    );
    expect(output).toMatchObject([{ type: "custom_tool_call", name: "note", input: "buy milk" }]);
  });

  test("are chosen by name, among those that are allowed, or not at all", async () => {
    const tools = [weather, { ...weather, name: "get_time" }];
    const called = async (choice: unknown) =>
      (await ask(responses("Good morning", { tools, tool_choice: choice }))).output.map(({ name }: Body) => name);
    expect(await called({ type: "function", name: "get_time" })).toEqual(["get_time"]);
    const allowed = {
      type: "allowed_tools",
      mode: "required",
      tools: [{ type: "function", name: "get_time" }],
    };
    expect(await called(allowed)).toEqual(["get_time"]);
    expect(await called("none")).toEqual([undefined]);
  });

  test("of the provider are taken", async () => {
    expect((await ask(responses("Hi", { tools: [{ type: "web_search" }], tool_choice: "auto" }))).status).toBe(
      "completed",
    );
  });
});

describe("answers", () => {
  test("are JSON that fits the schema", async () => {
    const format = {
      type: "json_schema",
      name: "place",
      strict: true,
      schema: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
    };
    const { output } = await ask(responses("Where is Lisbon?", { text: { format } }));
    expect(JSON.parse(output[0].content[0].text)).toEqual({ city: "Lisbon" });
  });

  test("show what was thought in a summary when that is asked for, and seal it when that is", async () => {
    const thinking = { reasoning: { effort: "high", summary: "auto" }, include: ["reasoning.encrypted_content"] };
    const { output, usage } = await ask(responses("Why?", { store: false, ...thinking }));
    expect(output).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text" }], encrypted_content: expect.any(String) },
      { type: "message" },
    ]);
    expect(usage.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const hidden = await ask(responses("Why?", { reasoning: { effort: "high" } }));
    expect(hidden.output[0]).toEqual({ id: expect.stringMatching(/^rs_/u), type: "reasoning", summary: [] });
    const told = await events(responses("Why?", thinking));
    const pieces = told.filter(({ type }) => type === "response.reasoning_summary_text.delta");
    expect(pieces.map(({ delta }) => delta).join("")).toBe(output[0].summary[0].text);
  });

  test("report probabilities", async () => {
    const { output } = await ask(
      responses('Say "a b"', { top_logprobs: 2, include: ["message.output_text.logprobs"] }),
    );
    expect(output[0].content[0].logprobs).toMatchObject([
      { token: "a", top_logprobs: [{}, {}] },
      { token: " b", top_logprobs: [{}, {}] },
    ]);
  });

  test("can be continued by their id, and their items named by theirs, unless they were not to be kept", async () => {
    const first = await ask(responses(question, { tools: [weather] }));
    const results = first.output.map(({ call_id }: Body) => ({
      type: "function_call_output",
      call_id,
      output: "21°C",
    }));
    const continued = await ask(responses(results, { tools: [weather], previous_response_id: first.id }));
    expect(continued.output[0].content[0].text).toContain("21°C");
    const named = first.output.map(({ id }: Body) => ({ type: "item_reference", id }));
    const again = await ask(responses([user(question), ...named, ...results], { tools: [weather] }));
    expect(again.output[0].content[0].text).toContain("21°C");

    const lost = await ask(responses("Hello", { store: false }));
    const refused = await ask(responses("Go on", { previous_response_id: lost.id }));
    expect(refused.error).toMatchObject({ code: "previous_response_not_found", param: "previous_response_id" });
  });

  test("have their input counted", async () => {
    const counted = await (await post(simulator, `${responsesPath}/input_tokens`, responses("Hello there"))).json();
    expect(counted).toEqual({
      object: "response.input_tokens",
      input_tokens: (await ask(responses("Hello there"))).usage.input_tokens,
    });
  });

  test("are those that a script says, whichever way its provider is asked", async () => {
    simulator.script({ provider: "openai", reply: { text: "scripted", finishReason: "content_filter" } });
    const answer = await ask(responses("Hello"));
    expect(answer.output[0].content[0].text).toBe("scripted");
    expect(answer.incomplete_details).toEqual({ reason: "content_filter" });
  });
});

describe("thoughts that come back", () => {
  const think = async (): Promise<readonly Body[]> =>
    (
      await ask(
        responses("Why?", {
          store: false,
          reasoning: { effort: "low" },
          include: ["reasoning.encrypted_content"],
        }),
      )
    ).output;

  test("are taken as they were", async () => {
    const output = await think();
    expect((await ask(responses([user("Why?"), ...output, user("And now?")]))).status).toBe("completed");
  });

  test("are refused when they were altered, lead to nothing, or were not kept", async () => {
    const [thought, message] = await think();
    const send = async (...items: readonly unknown[]) =>
      (await ask(responses([user("Why?"), ...items, user("And now?")]))).error;
    const altered = { ...thought, encrypted_content: "Zm9yZ2Vk" };
    expect(await send(altered, message)).toMatchObject({ code: "invalid_encrypted_content" });
    expect((await send(thought)).message).toContain("without its required following item");
    expect((await send({ ...thought, encrypted_content: null }, message)).message).toContain("not found");
  });
});

describe("requests that are refused", () => {
  const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
  test.each<[string, unknown, string]>([
    ["not JSON", "{nope", "could not be parsed"],
    ["no model", { input: "x" }, "'model'"],
    ["no input", { model: "gpt-4o" }, "'input'"],
    ["a field of another API", responses("x", { messages: [] }), "Unknown parameter: 'messages'"],
    ["an unknown role", responses([{ role: "tool", content: "x" }]), "'tool'"],
    [
      "words of the user's in a message of the model's",
      responses([user("x"), { role: "assistant", content: [{ type: "input_text", text: "y" }] }, user("z")]),
      "Supported values are: 'output_text' and 'refusal'",
    ],
    ["an image without a source", responses([user([{ type: "input_image" }])]), "image_url"],
    ["a call without output", responses([user("x"), call]), "No tool output found for function call c"],
    [
      "an output without its call",
      responses([{ type: "function_call_output", call_id: "c", output: "" }]),
      "No tool call",
    ],
    ["an unknown item", responses([{ type: "wish" }]), "'wish'"],
    [
      "a loose schema",
      responses("x", { tools: [{ ...weather, parameters: { type: "object" } }] }),
      "additionalProperties",
    ],
    ["an unknown tool", responses("x", { tools: [{ type: "magic" }] }), "'magic'"],
    ["too few tokens", responses("x", { max_output_tokens: 8 }), "at least 16"],
    [
      "a format without a name",
      responses("x", { text: { format: { type: "json_schema", schema: {} } } }),
      "text.format.name",
    ],
    ["JSON that is not spoken of", responses("x", { text: { format: { type: "json_object" } } }), "the word 'json'"],
    ["sampling for a model that thinks", responses("x", { model: "o4-mini", temperature: 0 }), "'temperature'"],
    ["stream options without a stream", responses("x", { stream_options: {} }), "stream_options"],
    ["an answer to wait for", responses("x", { background: true }), "Background"],
  ])("%s", async (_, body, message) => {
    const response = await post(simulator, responsesPath, body);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain(message);
  });

  test("a compatible server takes unknown fields", async () => {
    expect((await post(simulator, "/v1/responses", responses("x", { a_beta: true }))).status).toBe(200);
  });
});
