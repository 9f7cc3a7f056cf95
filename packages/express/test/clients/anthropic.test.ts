import Anthropic from "@anthropic-ai/sdk";
import { betaZodOutputFormat, betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report } from "./weather.ts";

const host = hostOfFile();

const client = (options: { readonly apiKey?: string; readonly maxRetries?: number } = {}): Anthropic =>
  new Anthropic({ apiKey, baseURL: host().origin, maxRetries: 0, ...options });

const ask = (content: string) => ({ max_tokens: 2_000, messages: [{ role: "user" as const, content }] });

const textOf = ({
  content,
}: {
  readonly content: readonly { readonly type: string; readonly text?: unknown }[];
}): string => content.map((block) => (block.type === "text" ? block.text : "")).join("");

const Place = z.object({
  city: z.string(),
  people: z.number(),
  tags: z.array(z.string()),
  mayor: z.string().nullable(),
});

const tools = [
  betaZodTool({
    name: "get_weather",
    description: "Tells the weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    run: report,
  }),
];

describe.each(everyModel)("in front of %s", (_dialect, model) => {
  test("a whole answer", async () => {
    const message = await client().messages.create({ model, ...ask('Say "alpha beta"') });
    expect(message).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
    expect(textOf(message)).toBe("alpha beta");
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
    expect(message).toHaveProperty("_request_id", expect.any(String));
  });

  test("a stream, put together by its helper", async () => {
    const whole = await client().messages.create({ model, ...ask("Explain rain") });
    const stream = client().messages.stream({ model, ...ask("Explain rain") });
    const pieces: string[] = [];
    stream.on("text", (piece) => pieces.push(piece));
    const final = await stream.finalMessage();
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(textOf(whole));
    expect(final).toMatchObject({ stop_reason: "end_turn", content: [{ type: "text", text: textOf(whole) }] });
    expect(final.usage.output_tokens).toBe(whole.usage.output_tokens);
  });

  test("a tool that the helper runs until the model concludes", async () => {
    const runner = client().beta.messages.toolRunner({ model, ...ask(question), tools });
    const final = await runner.runUntilDone();
    expect(final.stop_reason).toBe("end_turn");
    expect(textOf(final)).toMatch(conclusion);
    expect(runner.params.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  });

  test("the same, streamed", async () => {
    const runner = client().beta.messages.toolRunner({ model, ...ask(question), tools, stream: true });
    const events: string[] = [];
    for await (const stream of runner) for await (const event of stream) events.push(event.type);
    expect(textOf(await runner.done())).toMatch(conclusion);
    expect(events.filter((type) => type === "message_stop")).toHaveLength(2);
  });

  test("an answer that is parsed with zod, whole and streamed", async () => {
    const body = { model, ...ask("Where is Lisbon?"), output_config: { format: zodOutputFormat(Place) } };
    expect((await client().messages.parse(body)).parsed_output).toMatchObject({ city: "Lisbon" });
    expect((await client().messages.stream(body).finalMessage()).parsed_output).toMatchObject({ city: "Lisbon" });
    const beta = { model, ...ask("Where is Lisbon?"), output_format: betaZodOutputFormat(Place) };
    expect((await client().beta.messages.parse(beta)).parsed_output).toMatchObject({ city: "Lisbon" });
  });
});

describe.each([
  ["anthropic-messages", "anthropic/claude-haiku-4-5"],
  ["gemini", "gemini/gemini-3-pro-preview"],
  ["bedrock-converse", models["bedrock-converse"]],
  ["openai-responses", "openai-responses/gpt-5"],
])("thoughts of %s", (_dialect, model) => {
  test.each([false, true])("come back with the results of tools as they were, streamed: %s", async (streamed) => {
    const body = { model, ...ask(question), thinking: { type: "enabled" as const, budget_tokens: 1_024 }, tools };
    const { messages } = client().beta;
    const runner = streamed ? messages.toolRunner({ ...body, stream: true }) : messages.toolRunner(body);
    const final = await runner.runUntilDone();
    expect(textOf(final)).toMatch(conclusion);
    const [, called] = runner.params.messages;
    expect(called?.content).toContainEqual(
      expect.objectContaining({ type: "thinking", thinking: expect.stringContaining("user wants") }),
    );
    const sent = JSON.stringify(host().simulator.requests.at(-1)?.body);
    expect(sent).toMatch(/"(?:signature|thoughtSignature|encrypted_content)":"/u);
  });
});

describe("conversations that are held between turns", () => {
  const turns = async (model: string): Promise<readonly string[]> => {
    const thread = client().beta.messages.thread({ model, max_tokens: 2_000, system: "Be brief." });
    const first = await thread.send({ role: "user", content: 'Say "alpha"' });
    const second = await thread.send({ role: "user", content: 'Say "beta"' });
    expect(thread.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    return [textOf(first), textOf(second)];
  };

  test.each([models["anthropic-messages"], models["openai-chat"]])(
    "are told %s as a whole, because the client is told that they are lost",
    async (model) => {
      expect(await turns(model)).toEqual(["alpha", "beta"]);
      const sent = host().simulator.requests.map(({ body }) => body);
      expect(sent).toMatchObject([
        { messages: expect.not.arrayContaining([expect.objectContaining({ role: "assistant" })]) },
        { messages: expect.arrayContaining([expect.objectContaining({ role: "assistant" })]) },
      ]);
      expect(JSON.stringify(sent)).not.toContain("thread");
    },
  );
});

test.each(["anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"])("tokens are counted for %s", async (model) => {
  const body = { model, ...ask("How many tokens are these?") };
  const { usage } = await client().messages.create(body);
  const counted = await client().messages.countTokens({ model, messages: body.messages });
  expect(counted.input_tokens).toBe(usage.input_tokens);
});

describe("errors have the SDK's own classes", () => {
  const failure = (model: string, streamed = false, options: { readonly apiKey?: string } = {}): Promise<unknown> => {
    const { messages } = client(options);
    const body = { model, ...ask("Hello") };
    return failureOf(streamed ? messages.stream(body).finalMessage() : messages.create(body));
  };

  test.each([
    [400, Anthropic.BadRequestError, "invalid_request_error", "openai/fault:400"],
    [404, Anthropic.NotFoundError, "not_found_error", "nobody/knows-it"],
    [429, Anthropic.RateLimitError, "rate_limit_error", "gemini/fault:429"],
    [503, Anthropic.InternalServerError, "overloaded_error", "bedrock/fault:503"],
  ])("%i", async (status, type, word, model) => {
    for (const streamed of [false, true]) {
      const error = await failure(model, streamed);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status, type: word, requestID: expect.any(String) });
    }
  });

  test("401", async () => {
    const error = await failure(models["openai-chat"], false, { apiKey: "sk-of-somebody-else" });
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error).toHaveProperty("type", "authentication_error");
  });

  test("one inside a stream", async () => {
    const error = await failure("openai/fault:error-mid-stream", true);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toHaveProperty("type", "overloaded_error");
  });
});

describe("who asks again", () => {
  const create = (model: string) => client({ maxRetries: 2 }).messages.create({ model, ...ask('Say "alpha"') });

  test("does so where the gateway says that it helps", async () => {
    expect(textOf(await create("openai/fault:503?retry-after-ms=1*1"))).toBe("alpha");
    expect(host().simulator.requests).toHaveLength(2);
  });

  test("does not where the gateway says that it does not", async () => {
    await expect(create("openai/fault:500")).rejects.toHaveProperty("status", 502);
    expect(host().simulator.requests).toHaveLength(1);
  });
});

describe("who leaves", () => {
  test("before the answer hangs up on the provider", async () => {
    const abort = new AbortController();
    const asked = client().messages.create({ model: "openai/fault:stall", ...ask("Hello") }, { signal: abort.signal });
    const request = await arrived(host());
    abort.abort();
    await expect(asked).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    await request.closed;
    expect(request.hungUp).toBe(true);
  });

  test("in the middle of a stream hangs up on the provider", async () => {
    const stream = client().messages.stream({ model: "openai/fault:stall-mid-stream", ...ask("Explain rain") });
    stream.once("text", () => stream.abort());
    await expect(stream.done()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    const request = await arrived(host());
    await request.closed;
    expect(request.hungUp).toBe(true);
  });
});

test("models are listed and looked up", async () => {
  const ids: string[] = [];
  for await (const { id } of client().models.list()) ids.push(id);
  expect(ids).toContain("anthropic/claude-haiku-4-5");
  const found = await client().models.retrieve("anthropic/claude-haiku-4-5");
  expect(found).toMatchObject({ type: "model", max_input_tokens: expect.any(Number) });
  await expect(client().models.retrieve("nobody/m")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
});
