import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { apiKey, arrived, everyModel, failureOf, hostOfFile, models } from "./host.ts";
import { conclusion, question, report, weather } from "./weather.ts";

const host = hostOfFile();

const client = (options: { readonly apiKey?: string; readonly maxRetries?: number } = {}): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${host().origin}/v1`, maxRetries: 0, ...options });

const { name, description, schema: parameters } = weather;
const tools: OpenAI.Responses.FunctionTool[] = [{ type: "function", name, description, parameters, strict: true }];

type Input = OpenAI.Responses.ResponseInputItem[];

/** What the tools answer to the calls of a response. */
const results = ({ output }: OpenAI.Responses.Response): Input =>
  output.flatMap((item) =>
    item.type === "function_call"
      ? [{ type: "function_call_output" as const, call_id: item.call_id, output: report(JSON.parse(item.arguments)) }]
      : [],
  );

const Place = z.object({
  city: z.string(),
  people: z.number(),
  tags: z.array(z.string()),
  mayor: z.string().nullable(),
});

describe.each(everyModel)("in front of %s", (_dialect, model) => {
  test("a whole answer", async () => {
    const answer = await client().responses.create({ model, input: 'Say "alpha beta"' });
    expect(answer).toMatchObject({ status: "completed", output_text: "alpha beta", error: null });
    expect(answer.usage?.total_tokens).toBe((answer.usage?.input_tokens ?? 0) + (answer.usage?.output_tokens ?? 0));
    expect(answer).toHaveProperty("_request_id", expect.any(String));
  });

  test("a stream, put together by its helper", async () => {
    const whole = await client().responses.create({ model, input: "Explain rain" });
    const stream = client().responses.stream({ model, input: "Explain rain" });
    const pieces: string[] = [];
    const numbers: number[] = [];
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") pieces.push(event.delta);
      numbers.push(event.sequence_number);
    }
    const final = await stream.finalResponse();
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(whole.output_text);
    expect(final).toMatchObject({ status: "completed", output_text: whole.output_text });
    expect(final.usage?.output_tokens).toBe(whole.usage?.output_tokens);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  test.each([false, true])("a tool whose results make the model conclude, streamed: %s", async (streamed) => {
    const { responses } = client();
    const answer = async (input: Input) =>
      streamed ? responses.stream({ model, input, tools }).finalResponse() : responses.create({ model, input, tools });
    const asked: Input = [{ role: "user", content: question }];
    const called = await answer(asked);
    expect(results(called)).toHaveLength(2);
    const concluded = await answer([...asked, ...(called.output as Input), ...results(called)]);
    expect(concluded.output_text).toMatch(conclusion);
  });

  test("an answer that is parsed with zod, whole and streamed", async () => {
    const body = { model, input: "Where is Lisbon?", text: { format: zodTextFormat(Place, "place") } };
    expect((await client().responses.parse(body)).output_parsed).toMatchObject({ city: "Lisbon" });
    const final = await client().responses.stream(body).finalResponse();
    expect(final.output_parsed).toMatchObject({ city: "Lisbon" });
  });

  test("arguments that are parsed with zod", async () => {
    const tool = zodResponsesFunction({ name: "get_weather", parameters: z.object({ city: z.string() }) });
    const answer = await client().responses.parse({ model, input: "The weather in Paris?", tools: [tool] });
    const call = answer.output.find((item) => item.type === "function_call");
    expect(call?.parsed_arguments).toEqual({ city: "Paris" });
  });
});

describe.each([
  ["openai-responses", "openai-responses/gpt-5"],
  ["anthropic-messages", "anthropic/claude-haiku-4-5"],
  ["gemini", "gemini/gemini-3-pro-preview"],
  ["bedrock-converse", "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0"],
])("thoughts of %s", (_dialect, model) => {
  test.each([false, true])("come back with the results of tools as they were, streamed: %s", async (streamed) => {
    const { responses } = client();
    const answer = async (input: Input) => {
      const body = {
        model,
        input,
        tools,
        store: false,
        reasoning: { effort: "low" as const, summary: "auto" as const },
        include: ["reasoning.encrypted_content" as const],
      };
      return streamed ? responses.stream(body).finalResponse() : responses.create(body);
    };
    const asked: Input = [{ role: "user", content: question }];
    const called = await answer(asked);
    const thoughts = called.output.flatMap((item) => (item.type === "reasoning" ? [item] : []));
    expect(thoughts[0]?.summary[0]?.text).toContain("user wants");
    expect(thoughts.some((item) => typeof item.encrypted_content === "string")).toBe(true);
    const concluded = await answer([...asked, ...(called.output as Input), ...results(called)]);
    expect(concluded.output_text).toMatch(conclusion);
    const sent = JSON.stringify(host().simulator.requests.at(-1)?.body);
    expect(sent).toMatch(/"(?:signature|thoughtSignature|encrypted_content)":"/u);
  });
});

test.each([models["openai-responses"], models["anthropic-messages"], models.gemini])(
  "an answer of %s is gone on with by its id, looked up and taken away",
  async (model) => {
    const { responses } = client();
    const called = await responses.create({ model, input: question, tools });
    const concluded = await responses.create({
      model,
      previous_response_id: called.id,
      input: results(called),
      tools,
    });
    expect(concluded.output_text).toMatch(conclusion);
    const found = await responses.retrieve(concluded.id);
    expect(found).toMatchObject({ id: concluded.id, output_text: concluded.output_text });
    await responses.delete(concluded.id);
    await expect(responses.retrieve(concluded.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  },
);

describe("errors have the SDK's own classes", () => {
  const failure = (model: string, streamed = false, options: { readonly apiKey?: string } = {}): Promise<unknown> => {
    const { responses } = client(options);
    const asked = { model, input: "Hello" };
    return failureOf(streamed ? responses.stream(asked).finalResponse() : responses.create(asked));
  };

  test.each([
    [400, OpenAI.BadRequestError, "anthropic/fault:400"],
    [404, OpenAI.NotFoundError, "nobody/knows-it"],
    [429, OpenAI.RateLimitError, "gemini/fault:429"],
    [503, OpenAI.InternalServerError, "bedrock/fault:503"],
  ])("%i", async (status, type, model) => {
    for (const streamed of [false, true]) {
      const error = await failure(model, streamed);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ status, code: expect.any(String), requestID: expect.any(String) });
    }
  });

  test("401", async () => {
    const error = await failure(models["openai-responses"], false, { apiKey: "sk-of-somebody-else" });
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  test("one inside a stream", async () => {
    expect(await failure("anthropic/fault:error-mid-stream", true)).toBeInstanceOf(OpenAI.OpenAIError);
  });
});

describe("who asks again", () => {
  const create = (model: string) => client({ maxRetries: 2 }).responses.create({ model, input: 'Say "alpha"' });

  test("does so where the gateway says that it helps", async () => {
    expect((await create("openai-responses/fault:429?retry-after-ms=1*1")).output_text).toBe("alpha");
    expect(host().simulator.requests).toHaveLength(2);
  });

  test("does not where the gateway says that it does not", async () => {
    await expect(create("anthropic/fault:500")).rejects.toHaveProperty("status", 502);
    expect(host().simulator.requests).toHaveLength(1);
  });
});

test("who leaves in the middle of a stream hangs up on the provider", async () => {
  const stream = client().responses.stream({ model: "anthropic/fault:stall-mid-stream", input: "Explain rain" });
  stream.once("response.output_text.delta", () => stream.abort());
  await expect(stream.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  const request = await arrived(host());
  await request.closed;
  expect(request.hungUp).toBe(true);
});
