import { INVALID_SPAN_CONTEXT, trace, type Span } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { effortOf } from "../../../test/effort.ts";
import { textOf, type Message, type Part, type ToolCallPart, type ToolResultPart } from "../../chat/message.ts";
import { replyOf } from "../../chat/reply.ts";
import { rememberSource, sourceOf, type ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { compose } from "../../pipeline/compose.ts";
import { testContext, testRequest, type TestContextOverrides } from "../../testing/test-context.ts";
import { normalize, type NormalizeOptions } from "./normalize.ts";

/** The request as the stages inside see it. */
const normalized = async (
  request: ChatRequest,
  options?: NormalizeOptions,
  overrides: TestContextOverrides = {},
): Promise<ChatRequest> => {
  let seen: ChatRequest | undefined;
  const handler = compose([normalize(options)], (context) => {
    seen = context.request;
    return Promise.resolve(replyOf([]));
  });
  await handler(testContext({ ...overrides, request: deepFreeze(request) }));
  if (seen === undefined) throw new Error("The stage did not call next.");
  return seen;
};

const refusal = async (request: ChatRequest, options?: NormalizeOptions): Promise<GatewayError> => {
  try {
    await normalized(request, options);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("The request was not refused.");
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) deepFreeze(field);
  }
  return value;
};

const text = (value: string): Part => ({ type: "text", text: value });
const user = (value = "Hello"): Message => ({ role: "user", parts: [text(value)] });
const call = (id: string, more: Partial<ToolCallPart> = {}): ToolCallPart => ({
  type: "tool-call",
  kind: "function",
  id,
  name: "look",
  arguments: "{}",
  ...more,
});
const calls = (...parts: readonly Part[]): Message => ({ role: "assistant", parts });
const resultPart = (toolCallId: string, said = "found", more: Partial<ToolResultPart> = {}): ToolResultPart => ({
  type: "tool-result",
  toolCallId,
  content: [text(said)],
  ...more,
});
const result = (id: string, said?: string, more?: Partial<ToolResultPart>): Message => ({
  role: "tool",
  parts: [resultPart(id, said, more)],
});
const history = (...messages: readonly Message[]): ChatRequest => testRequest({ messages });

describe("normalize", () => {
  it("passes a request that needs nothing as the object it is", async () => {
    const request = testRequest({
      temperature: 0.5,
      tools: [{ type: "function", name: "look" }],
      messages: [
        { role: "system", parts: [text("Be brief.")] },
        user(),
        calls(text("Let me see."), call("1"), call("2")),
        result("2"),
        result("1"),
        calls(text("Done.")),
        user(),
      ],
    });
    const options: NormalizeOptions = { aliases: { other: "x" }, defaults: { temperature: 1 }, repair: "tool-results" };
    expect(await normalized(request)).toBe(request);
    expect(await normalized(request, options)).toBe(request);
  });

  it("changes nothing in the request it was given", async () => {
    // Every request in this file is frozen to the bottom: a write would throw.
    const request = history(user(), calls(call(""), call("a"), call("a")), result("a"), result(""));
    const seen = await normalized(request, { aliases: { "test-model": "m" }, defaults: { seed: 1 } });
    expect(seen).not.toBe(request);
    expect(request).toMatchObject({ model: "test-model" });
  });

  describe("aliases", () => {
    const aliases = { fast: "openai/gpt-5-mini", slow: "fast" };

    it("name models, looked up once", async () => {
      expect((await normalized(testRequest({ model: "fast" }), { aliases })).model).toBe("openai/gpt-5-mini");
      expect((await normalized(testRequest({ model: "slow" }), { aliases })).model).toBe("fast");
    });

    it("name fallback models too", async () => {
      const request = testRequest({ routing: { fallbackModels: ["fast", "x"], allowFallbacks: true } });
      const seen = await normalized(request, { aliases });
      expect(seen.routing).toEqual({ fallbackModels: ["openai/gpt-5-mini", "x"], allowFallbacks: true });
    });

    it("are never found in what every object has", async () => {
      for (const model of ["constructor", "__proto__", "toString"]) {
        const request = testRequest({ model });
        expect(await normalized(request, { aliases })).toBe(request);
      }
      const itself = testRequest({ model: "fast" });
      expect(await normalized(itself, { aliases: { fast: "fast" } })).toBe(itself);
    });

    it("leave the original body valid, and other changes do not", async () => {
      const source = { dialect: "openai-chat", body: { model: "fast" } };
      const request = testRequest({ model: "fast" });
      rememberSource(request, source);
      expect(sourceOf(await normalized(request, { aliases }))).toBe(source);
      expect(sourceOf(await normalized(request, { aliases, defaults: { seed: 1 } }))).toBeUndefined();
      expect(sourceOf(await normalized(request, { defaults: { seed: 1 } }))).toBeUndefined();
    });
  });

  describe("defaults", () => {
    it("are given only where the client gave none, zero and false being given", async () => {
      const defaults = {
        temperature: 0.7,
        maxOutputTokens: 100,
        parallelToolCalls: true,
        reasoning: { effort: "low" },
      };
      const request = testRequest({ temperature: 0, parallelToolCalls: false, reasoning: { exclude: true } });
      expect(await normalized(request, { defaults })).toEqual({ ...request, maxOutputTokens: 100 });
    });

    it("can be given for every parameter they are offered for", async () => {
      const defaults = {
        maxOutputTokens: 1,
        temperature: 1,
        topP: 1,
        topK: 1,
        frequencyPenalty: 1,
        presencePenalty: 1,
        seed: 1,
        stop: ["x"],
        parallelToolCalls: true,
        reasoning: { effort: "low" },
        verbosity: "low",
        serviceTier: "flex",
      };
      expect(await normalized(testRequest(), { defaults })).toEqual({ ...testRequest(), ...defaults });
    });
  });

  describe("limits", () => {
    const list = <T>(length: number, item: T): T[] => Array.from({ length }, () => item);
    const atMost: readonly (readonly [string, (count: number) => ChatRequest, number, keyof NormalizeOptions])[] = [
      ["n", (count) => testRequest({ choiceCount: count }), 8, "maxChoices"],
      ["messages", (count) => testRequest({ messages: list(count, user()) }), 2048, "maxMessages"],
      ["tools", (count) => testRequest({ tools: list(count, { type: "function", name: "f" }) }), 1024, "maxTools"],
      ["stop", (count) => testRequest({ stop: list(count, "x") }), 64, "maxStopSequences"],
    ];
    it.each(atMost)("refuses more %s than allowed, and lowers nothing", async (param, make, limit, option) => {
      const request = make(limit);
      expect(await normalized(request)).toBe(request);
      expect(await refusal(make(limit + 1))).toMatchObject({ code: "invalid_value", status: 400, param });
      expect((await refusal(make(limit + 1))).message).toContain(String(limit));
      expect(await normalized(make(limit + 1), { [option]: limit + 1 })).toEqual(make(limit + 1));
      expect(await refusal(make(3), { [option]: 2 })).toMatchObject({ param });
    });

    it("refuses counts that are none", async () => {
      for (const count of [0, -1, 1.5, Number.NaN, Infinity, 1e300]) {
        expect(await refusal(testRequest({ choiceCount: count }))).toMatchObject({ code: "invalid_value", param: "n" });
        expect(await refusal(testRequest({ maxOutputTokens: count }))).toMatchObject({ param: "max_tokens" });
      }
    });

    it("refuses a request without messages, unless the provider has them", async () => {
      expect(await refusal(history())).toMatchObject({ code: "invalid_value", param: "messages" });
      const request = testRequest({ messages: [], extras: { previous_response_id: "resp_1" } });
      expect(await normalized(request)).toBe(request);
      expect(await refusal(testRequest({ messages: [], extras: { conversation: null } }))).toMatchObject({
        param: "messages",
      });
    });
  });

  describe("tool calls and their results", () => {
    const asFunction =
      (...messages: readonly Message[]) =>
      async (options?: NormalizeOptions) =>
        (await normalized(history(...messages), options)).messages;

    it("Q12: keeps one of identical calls that a merge doubled in one turn", async () => {
      const settle = asFunction(
        user(),
        calls(text("a"), call("1")),
        calls(call("1"), call("2")),
        result("1"),
        result("2"),
      );
      expect(await settle()).toEqual([user(), calls(text("a"), call("1")), calls(call("2")), result("1"), result("2")]);
    });

    it("Q12: drops a doubled message that has nothing else, and a doubled identical result", async () => {
      const settle = asFunction(user(), calls(call("1")), calls(call("1")), result("1"), result("1"), user());
      expect(await settle()).toEqual([user(), calls(call("1")), result("1"), user()]);
    });

    it("Q12: keeps one where a host put the very same objects in twice", async () => {
      const [asked, answered] = [calls(call("1")), result("1")];
      expect(await asFunction(user(), asked, asked, answered, answered)()).toEqual([user(), asked, answered]);
    });

    it("lets turns repeat ids, as servers do that number their calls from 0 each time", async () => {
      const request = history(user(), calls(call("call_0")), result("call_0"), calls(call("call_0")), result("call_0"));
      expect(await normalized(request)).toBe(request);
    });

    it("refuses different calls, and different results, of one id", async () => {
      const repair = { repair: "tool-results" } as const;
      for (const other of [
        call("1", { arguments: "{ }" }),
        call("1", { name: "hear" }),
        call("1", { kind: "custom" }),
      ]) {
        const error = await refusal(history(user(), calls(call("1"), other), result("1")), repair);
        expect(error).toMatchObject({ code: "invalid_value", param: "messages[1].tool_calls" });
      }
      for (const other of [result("1", "lost"), result("1", "found", { isError: true })]) {
        const error = await refusal(history(user(), calls(call("1")), result("1"), other), repair);
        expect(error).toMatchObject({ code: "invalid_value", param: "messages[3].tool_call_id" });
      }
    });

    it("Q13: refuses a call without its result, naming it", async () => {
      const histories = [
        history(user(), calls(call("1"))),
        history(user(), calls(call("1"), call("lost")), result("1"), user()),
        history(user(), calls(call("1")), user(), result("1")),
      ];
      for (const request of histories) {
        expect(await refusal(request)).toMatchObject({
          code: "invalid_value",
          status: 400,
          param: "messages[1].tool_calls",
        });
      }
      expect((await refusal(histories[1] ?? history())).message).toContain('"lost"');
    });

    it("Q13: refuses a result without its call, naming it", async () => {
      const histories = [
        history(user(), user(), result("1")),
        history(user(), calls(text("a")), result("1")),
        history(user(), calls(call("2")), result("2"), result("1")),
        history(user(), calls(call("1")), result("1"), user(), result("1")),
      ];
      const params = await Promise.all(histories.map(async (request) => (await refusal(request)).param));
      expect(params).toEqual([2, 2, 3, 4].map((index) => `messages[${index}].tool_call_id`));
      expect((await refusal(histories[0] ?? history())).message).toContain('"1"');
    });

    it("lets results stand whose calls only the provider knows, and the request as it is", async () => {
      const extras = { previous_response_id: "resp_1" };
      const request = testRequest({ messages: [result("1"), result("2"), user()], extras });
      expect(await normalized(request)).toBe(request);
      expect(await normalized(request, { repair: "tool-results" })).toBe(request);
      expect(await refusal({ ...request, messages: [calls(call("3"))] })).toMatchObject({
        param: "messages[0].tool_calls",
      });
    });

    it("cuts what a client wrote out of its messages to a bounded length", async () => {
      expect((await refusal(history(result("x".repeat(10_000))))).message.length).toBeLessThan(250);
    });

    describe("without ids", () => {
      const settle = asFunction(
        user(),
        calls(call("", { arguments: '{"a":1}' }), call("given"), call("", { arguments: '{"a":2}' })),
        result("", "one", { name: "look" }),
        result("given"),
        result("", "two"),
        user(),
      );

      it("get stable, distinct ones that belong together, by order", async () => {
        const [, asked, one, given, two] = await settle();
        const ids = asked?.parts.map((part) => (part.type === "tool-call" ? part.id : undefined));
        expect(ids?.[0]).toMatch(/^call_[0-9a-f]{24}$/);
        expect(ids?.[2]).toMatch(/^call_[0-9a-f]{24}$/);
        expect(new Set(ids).size).toBe(3);
        expect(one?.parts).toEqual([resultPart(String(ids?.[0]), "one", { name: "look" })]);
        expect(two?.parts).toEqual([resultPart(String(ids?.[2]), "two")]);
        expect(given).toEqual(result("given"));
        expect(await settle()).toEqual(await settle());
      });

      it("get others in another turn, though the call is the same", async () => {
        const turn = [calls(call("")), result("")];
        const seen = await asFunction(user(), ...turn, ...turn)();
        const ids = seen.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "tool-call" ? part.id : [])));
        expect(new Set(ids).size).toBe(2);
        const longer = await asFunction(user(), ...turn, ...turn, user(), ...turn)();
        expect(longer.slice(0, 5)).toEqual(seen);
      });

      it("take the id of the one call or result that is left", async () => {
        const seen = await asFunction(user(), calls(call("1"), call("2")), result(""), result("1"))();
        expect(seen).toEqual([user(), calls(call("1"), call("2")), result("2"), result("1")]);
      });

      it("are refused where there is more than one way to pair them", async () => {
        const ambiguous = [
          history(user(), calls(call(""), call("")), result("")),
          history(user(), calls(call("")), result(""), result("")),
          history(user(), calls(call(""), call("", { name: "hear" })), result("", "a", { name: "hear" }), result("")),
          history(user(), calls(call("")), result("1")),
          history(user(), result("")),
        ];
        for (const request of ambiguous) {
          expect(await refusal(request, { repair: "tool-results" })).toMatchObject({
            code: "invalid_value",
            status: 400,
          });
        }
      });
    });

    describe("with repair", () => {
      const repair = { repair: "tool-results" } as const;

      it("says in place of a missing result that there is none, in the order of the calls", async () => {
        const seen = await asFunction(
          user(),
          calls(call("1"), call("2", { name: "hear" })),
          result("2"),
          user(),
        )(repair);
        expect(seen).toHaveLength(5);
        expect(seen[2]?.parts).toEqual([
          resultPart("1", "No result of this tool call was recorded.", { name: "look", isError: true }),
        ]);
        expect(seen[3]).toEqual(result("2"));
      });

      it("moves a late result to its call", async () => {
        const settle = asFunction(
          user(),
          calls(call("1"), call("2")),
          result("2"),
          user("wait"),
          result("1"),
          calls(text("a")),
        );
        expect(await settle(repair)).toEqual([
          user(),
          calls(call("1"), call("2")),
          result("1"),
          result("2"),
          user("wait"),
          calls(text("a")),
        ]);
      });

      it("takes one late result out of a message that holds several", async () => {
        const both: Message = { role: "tool", parts: [resultPart("1"), resultPart("2")] };
        const settle = asFunction(user(), calls(call("1")), user("wait"), calls(call("2")), both);
        expect(await settle(repair)).toEqual([
          user(),
          calls(call("1")),
          result("1"),
          user("wait"),
          calls(call("2")),
          result("2"),
        ]);
      });

      it("does not take a later turn's result for an earlier call of the same id", async () => {
        const seen = await asFunction(
          user(),
          calls(call("0")),
          user(),
          calls(call("0")),
          result("0", "second"),
        )(repair);
        expect(seen.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "user", "assistant", "tool"]);
        expect(seen[2]?.parts[0]).toMatchObject({ isError: true });
        expect(seen[5]).toEqual(result("0", "second"));
      });

      it("hands a result without a call to the model as a user's message, image and all", async () => {
        const image: Part = { type: "image", source: { type: "url", url: "https://example.test/a.png" } };
        const orphan: Message = {
          role: "tool",
          parts: [{ type: "tool-result", toolCallId: "1", content: [text("x"), image] }],
        };
        const seen = await asFunction(user(), orphan, result("2", "failed", { isError: true }), user())(repair);
        expect(seen[1]).toEqual({ role: "user", parts: [text('Result of the tool call "1":'), text("x"), image] });
        expect(textOf(seen[2]?.parts ?? [])).toBe('Error of the tool call "2":failed');
        expect(seen).toHaveLength(4);
      });

      it("turns any history into one that needs nothing more, and loses no text", async () => {
        const id = fc.constantFrom("1", "2", "3");
        const message = fc.oneof(
          fc.constant(user("u")),
          fc.array(id, { minLength: 1, maxLength: 3 }).map((ids) => calls(text("t"), ...ids.map((one) => call(one)))),
          id.map((one) => result(one, `r${one}`)),
        );
        await fc.assert(
          fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (messages) => {
            const request = history(...messages);
            const mended = await normalized(request, repair);
            expect(await normalized(mended)).toBe(mended);
            const resultsIn = (list: readonly Message[]): string[] =>
              ["1", "2", "3"].filter((one) => JSON.stringify(list).includes(`"r${one}"`));
            expect(resultsIn(mended.messages)).toEqual(resultsIn(messages));
          }),
          { numRuns: 300 },
        );
      });
    });

    it("costs no more than in proportion to the history, also to mend it", async () => {
      const turns = Array.from({ length: 1000 }, (_, index) => [calls(call(`${index}`)), user("wait")]).flat();
      const results = Array.from({ length: 1000 }, (_, index) => result(`${index}`));
      const request = history(...turns, ...results);
      const effort = await effortOf(async () => {
        const seen = await normalized(request, { repair: "tool-results", maxMessages: 3000 });
        expect(seen.messages).toHaveLength(3000);
      });
      expect(effort).toBeLessThan(500);
    });
  });

  it("tells its span how much there was and what it mended", async () => {
    const attributes: Record<string, unknown> = {};
    const span: Span = Object.assign(Object.create(trace.wrapSpanContext(INVALID_SPAN_CONTEXT)) as Span, {
      isRecording: () => true,
      setAttribute: (name: string, value: unknown) => Object.assign(attributes, { [name]: value }),
    });
    const tools = [{ type: "function" as const, name: "look" }];
    const messages = [user(), calls(call("1"), call("1"), call("1"), call("")), result("1"), result("")];
    await normalized(testRequest({ messages, tools }), {}, { span });
    expect(attributes).toEqual({
      "llm_gateway.request.messages": 4,
      "llm_gateway.request.tools": 1,
      "llm_gateway.request.estimated_tokens": 34,
      "llm_gateway.normalize.repairs": ["duplicate-call", "made-id"],
    });
  });

  describe("options", () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ maxChoices: 0 }, "`normalize.maxChoices` must be a positive integer, got 0."],
      [{ maxMessages: -1 }, "`normalize.maxMessages` must be a positive integer"],
      [{ maxTools: 1.5 }, "`normalize.maxTools` must be a positive integer"],
      [{ maxStopSequences: "4" }, "`normalize.maxStopSequences` must be a positive integer"],
      [{ repair: true }, "`normalize.repair` must be one of"],
      [{ aliases: ["a"] }, "`normalize.aliases` must be an object"],
      [{ aliases: { a: 1 } }, '`normalize.aliases["a"]` must be the name of a model'],
      [{ aliases: { a: "" } }, '`normalize.aliases["a"]` must be the name of a model'],
      [{ defaults: { temperature: "hot" } }, "`normalize.defaults.temperature` must be a number"],
      [{ defaults: { maxOutputTokens: 0 } }, "`normalize.defaults.maxOutputTokens` must be a positive integer"],
      [{ defaults: { seed: 0.5 } }, "`normalize.defaults.seed` must be an integer"],
      [{ defaults: { stop: "x" } }, "`normalize.defaults.stop` must be an array of strings"],
      [{ defaults: { parallelToolCalls: 1 } }, "`normalize.defaults.parallelToolCalls` must be true or false"],
      [{ defaults: { reasoning: "low" } }, "`normalize.defaults.reasoning` must be an object"],
      [{ defaults: { verbosity: 1 } }, "`normalize.defaults.verbosity` must be a string"],
      [
        { defaults: { model: "x" } },
        "`normalize.defaults.model` cannot be given; there are defaults for `maxOutputTokens`,",
      ],
      [{ defaults: [] }, "`normalize.defaults` must be an object"],
      [{ alias: {} }, "normalize() has no option `alias`"],
    ];
    it.each(wrong)("refuses %o when the stage is made", (options, message) => {
      expect(() => normalize(options as NormalizeOptions)).toThrow(TypeError);
      expect(() => normalize(options as NormalizeOptions)).toThrow(message);
    });
  });
});
