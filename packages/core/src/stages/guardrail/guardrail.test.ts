import type { Attributes, Span } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { collect } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { replyOf } from "../../chat/reply.ts";
import type { Message, Part } from "../../chat/message.ts";
import { rememberSource, sourceOf, type ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { Context } from "../../pipeline/context.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { testContext, testRequest } from "../../testing/test-context.ts";
import { guardrailFindingsKey } from "./findings.ts";
import { guardrail, type GuardrailOptions } from "./guardrail.ts";
import { allowPatterns, denyPatterns } from "./patterns.ts";
import { pii } from "./pii/pii.ts";
import type { GuardrailRule } from "./rule.ts";

const address = "jane.doe@example.com";
const answer: readonly ChatEvent[] = [
  { type: "text-delta", choice: 0, text: "Done." },
  { type: "reply-end", choice: 0, finishReason: "stop" },
];

/** Sends a request through the stage and gives what the stages inside would see. */
const send = async (
  request: ChatRequest,
  options: GuardrailOptions = { rules: [pii()] },
  context: Context = testContext({ request }),
): Promise<ChatRequest> => {
  let seen: ChatRequest | undefined;
  const reply = await guardrail(options).run(context, (change) => {
    seen = change?.request ?? request;
    return Promise.resolve(replyOf([answer]));
  });
  await collect(reply);
  if (seen === undefined) throw new Error("the stage did not go on");
  return seen;
};

const user = (...parts: Part[]): Message => ({ role: "user", parts });
const text = (value: string): Part => ({ type: "text", text: value });
const sendPart = async (part: Part, options?: GuardrailOptions): Promise<Part | undefined> =>
  (await send(testRequest({ messages: [user(part)] }), options)).messages[0]?.parts[0];

const blocked = expect.objectContaining({ code: "content_filter", status: 400, retryable: false, fallback: false });

describe("a guardrail without rules", () => {
  it.each([{}, { rules: [] }, { rules: [pii()], input: false, output: false }])("does nothing: %j", async (options) => {
    const reply = replyOf([answer]);
    const request = testRequest({ messages: [user(text(address))] });
    const result = guardrail(options).run(testContext({ request }), (change) => {
      expect(change).toBeUndefined();
      return Promise.resolve(reply);
    });
    expect(await result).toBe(reply);
  });
});

describe("a request that nobody has to change", () => {
  it("goes on as the same object, with its source", async () => {
    const request = testRequest();
    rememberSource(request, { dialect: "openai-chat", body: {} });
    expect(await send(request)).toBe(request);
    expect(sourceOf(request)).toBeDefined();
  });

  it("is only recorded where a rule flags", async () => {
    const request = testRequest({ messages: [user(text(`${address} and a@b.org`))] });
    const context = testContext({ request });
    expect(await send(request, { rules: [pii({ action: "flag" })] }, context)).toBe(request);
    expect(context.get(guardrailFindingsKey)).toEqual([
      { rule: "pii", category: "email", direction: "input", action: "flag", count: 2 },
    ]);
  });

  it("may hold what an allow rule matches, and only that", async () => {
    const rules = [pii(), allowPatterns({ patterns: [/\b[a-z]{1,20}@corp\.example\b/] })];
    const request = testRequest({ messages: [user(text("it@corp.example"))] });
    expect(await send(request, { rules })).toBe(request);
    const other = testRequest({ messages: [user(text("it@corp.example.org"))] });
    expect((await send(other, { rules })).messages).toEqual([user(text("[EMAIL]"))]);
  });
});

/** Every place of a request where text can stand, and what redaction leaves there. */
const places: readonly (readonly [string, (secret: string) => Partial<ChatRequest>])[] = [
  ["a system message", (secret) => ({ messages: [{ role: "system", parts: [text(secret)] }] })],
  ["a developer message", (secret) => ({ messages: [{ role: "developer", parts: [text(secret)] }] })],
  ["a later user message", (secret) => ({ messages: [user(text("Hi")), user(text("x"), text(secret))] })],
  ["reasoning", (secret) => ({ messages: [{ role: "assistant", parts: [{ type: "reasoning", text: secret }] }] })],
  ["a refusal", (secret) => ({ messages: [{ role: "assistant", parts: [{ type: "refusal", text: secret }] }] })],
  [
    "citations",
    (secret) => ({
      messages: [{ role: "assistant", parts: [{ type: "text", text: "See", citations: [{ citedText: secret }] }] }],
    }),
  ],
  [
    "a tool call's arguments",
    (secret) => ({
      messages: [
        {
          role: "assistant",
          parts: [{ type: "tool-call", kind: "function", id: "1", name: "f", arguments: `{"a":["${secret}"]}` }],
        },
      ],
    }),
  ],
  [
    "a custom tool's input",
    (secret) => ({
      messages: [
        { role: "assistant", parts: [{ type: "tool-call", kind: "custom", id: "1", name: "f", arguments: secret }] },
      ],
    }),
  ],
  [
    "a nested tool result",
    (secret) => ({
      messages: [
        {
          role: "tool",
          parts: [
            {
              type: "tool-result",
              toolCallId: "1",
              content: [{ type: "tool-result", toolCallId: "2", content: [text(secret)] }],
            },
          ],
        },
      ],
    }),
  ],
  ["a text file", (secret) => ({ messages: [user({ type: "file", source: { type: "text", text: secret } })] })],
  [
    "a file's name, title and context",
    (secret) => ({
      messages: [
        user({
          type: "file",
          source: { type: "file-id", fileId: "f" },
          filename: secret,
          title: secret,
          context: secret,
        }),
      ],
    }),
  ],
  [
    "an image's address",
    (secret) => ({
      messages: [user({ type: "image", source: { type: "url", url: `https://x.example/?a=${secret}` } })],
    }),
  ],
  ["a tool's description", (secret) => ({ tools: [{ type: "function", name: "f", description: secret }] })],
  [
    "a tool's schema, in values and keys",
    (secret) => ({
      tools: [
        {
          type: "function",
          name: "f",
          parameters: { properties: { [secret]: { description: secret } }, required: [secret] },
        },
      ],
    }),
  ],
  ["a custom tool's grammar", (secret) => ({ tools: [{ type: "custom", name: "f", format: { definition: secret } }] })],
  [
    "an output format's description and schema",
    (secret) => ({ outputFormat: { type: "json-schema", description: secret, schema: { enum: [secret] } } }),
  ],
  ["stop sequences", (secret) => ({ stop: ["x", secret] })],
  ["the user", (secret) => ({ user: secret })],
  ["metadata", (secret) => ({ metadata: { contact: secret } })],
];

/** Places nobody here may change. */
const fixedPlaces: typeof places = [
  [
    "an opaque part",
    (secret) => ({ messages: [user({ type: "opaque", dialect: "test", value: { a: [{ b: secret }] } })] }),
  ],
  ["an opaque tool", (secret) => ({ tools: [{ type: "opaque", dialect: "test", value: { a: secret } }] })],
  // A type that came into being after this was written.
  [
    "a part of unknown type",
    (secret) => ({ messages: [user({ type: "hologram", caption: secret } as unknown as Part)] }),
  ],
  ["extras of a part", (secret) => ({ messages: [user({ type: "text", text: "x", extras: { a: secret } })] })],
  ["extras of a message", (secret) => ({ messages: [{ ...user(text("x")), extras: { a: secret } }] })],
  ["extras of the request", (secret) => ({ extras: { prediction: { content: secret } } })],
  ["a tool's name", (secret) => ({ tools: [{ type: "function", name: secret }] })],
];

describe("redacting a request", () => {
  it.each(places)("reaches %s and changes nothing else", async (_place, make) => {
    const request = testRequest(make(address));
    const before = structuredClone(request);
    const expected = testRequest(make("[EMAIL]"));
    expect(await send(request)).toEqual(expected);
    expect(request).toEqual(before);
  });

  it.each(fixedPlaces)("blocks what can not be redacted: %s", async (_place, make) => {
    await expect(send(testRequest(make(address)))).rejects.toEqual(blocked);
  });

  it("shares what did not change", async () => {
    const request = testRequest({
      messages: [user(text("Hi")), user(text(address))],
      tools: [{ type: "function", name: "f" }],
    });
    const sent = await send(request);
    expect(sent.messages[0]).toBe(request.messages[0]);
    expect(sent.tools).toBe(request.tools);
    expect(sourceOf(sent)).toBeUndefined();
  });

  it("keeps arguments valid JSON where a number or an escaped text is replaced", async () => {
    const part = await sendPart({
      type: "tool-call",
      kind: "function",
      id: "1",
      name: "f",
      arguments: '{"n":4111111111111111,"s":"a\\tjane\\u0040example.com\\\\"}',
    });
    expect(part?.type === "tool-call" && part.arguments).toBe('{"n":"[CARD]","s":"a\\t[EMAIL]\\\\"}');
  });

  it("finds what is split between the text parts of a message", async () => {
    const parts = [text("Pay 4111 1111 "), text("1111 1111 now "), text(address)];
    const sent = await send(testRequest({ messages: [user(...parts)] }));
    expect(sent.messages[0]?.parts).toEqual([text("Pay [CARD]"), text(" now "), text("[EMAIL]")]);
  });

  it("finds what only stands alone in its part", async () => {
    const sent = await send(testRequest({ messages: [user(text("number"), text("4111111111111111"), text("0"))] }));
    expect(sent.messages[0]?.parts).toEqual([text("number"), text("[CARD]"), text("0")]);
  });

  it("reads text in base64 and leaves pictures alone", async () => {
    const data = Buffer.from(`mail,${address}`).toString("base64");
    const file = (mediaType: string): Part => ({ type: "file", source: { type: "base64", mediaType, data } });
    const expected = Buffer.from("mail,[EMAIL]").toString("base64");
    expect(await sendPart(file("text/csv"))).toEqual({
      type: "file",
      source: { type: "base64", mediaType: "text/csv", data: expected },
    });
    expect(await sendPart(file("image/png"))).toEqual(file("image/png"));
  });

  it("takes proofs of the old text away", async () => {
    const signature = { format: "test-v1", value: "proof" };
    const part = await sendPart({ type: "reasoning", text: `of ${address}`, signature });
    expect(part).toEqual({ type: "reasoning", text: "of [EMAIL]" });
    expect(await sendPart({ type: "reasoning", text: "of nobody", signature })).toHaveProperty("signature");
  });

  it("writes a message's name so that providers take it", async () => {
    const sent = await send(testRequest({ messages: [{ ...user(text("Hi")), name: address }] }));
    expect(sent.messages[0]?.name).toBe("_EMAIL_");
  });

  it("redacts overlapping matches once, from where the first begins", async () => {
    const rules = [denyPatterns({ patterns: ["doe@example.com is here"], action: "redact" }), pii()];
    expect(await sendPart(text(`so ${address} is here.`), { rules })).toEqual(text("so [EMAIL]."));
  });

  it("ignores a rule for the other direction", async () => {
    const rules = [{ ...pii(), directions: ["output"] as const }];
    expect(await sendPart(text(address), { rules })).toEqual(text(address));
  });
});

describe("blocking a request", () => {
  it.each([...places, ...fixedPlaces])(
    "looks at %s, asks nobody, and does not repeat what it found",
    async (_place, make) => {
      const request = testRequest(make(address));
      const context = testContext({ request });
      const run = guardrail({ rules: [pii({ action: "block" })] }).run(context, () => {
        throw new Error("must not be asked");
      });
      const error = await run.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toEqual(blocked);
      expect(String(error)).toMatch(/"pii".*email/);
      expect(`${String(error)}${JSON.stringify(context.get(guardrailFindingsKey))}`).not.toContain("jane");
      expect(context.get(guardrailFindingsKey)).toMatchObject([
        { category: "email", direction: "input", action: "block" },
      ]);
    },
  );

  it("sees through full-width, zero-width, tag and variation characters and escapes", async () => {
    for (const hidden of [
      "jane＠example。com".replace("。", "．"),
      "ja\u200bne@exam\u2060ple.com",
      "jane\u{e0061}@example\ufe0f.com",
      "j\u00adane@ex\u200dample.com",
    ]) {
      await expect(sendPart(text(hidden), { rules: [pii({ action: "block" })] })).rejects.toEqual(blocked);
    }
  });

  it("finds what stands at the end of a very long text", async () => {
    const long = `${"lorem ipsum ".repeat(90_000)}${address}`;
    await expect(sendPart(text(long), { rules: [pii({ action: "block" })] })).rejects.toEqual(blocked);
  });
});

describe("a long request", () => {
  it("lets others work in between, and stops when the client is gone", async () => {
    const clock = createFakeClock();
    let ticks = 0;
    const slow = { ...clock, now: () => (ticks += 6) };
    const controller = new AbortController();
    const request = testRequest({ messages: [user(text("x".repeat(40_000)))] });
    const context = testContext({ request, clock: slow, signal: controller.signal });
    const run = guardrail({ rules: [pii()] }).run(context, () => Promise.resolve(replyOf([answer])));
    expect(clock.pendingTimers()).toBe(1);
    controller.abort(new Error("gone"));
    await expect(run).rejects.toThrow("gone");
  });
});

describe("a rule that fails", () => {
  const broken = (action: GuardrailRule["action"]): GuardrailRule => ({
    name: "broken",
    action,
    maxMatchLength: 5,
    find: () => {
      throw new Error("bug");
    },
  });

  it.each(["redact", "block"] as const)("refuses the request where it should %s", async (action) => {
    const sent = sendPart(text("Hi there"), { rules: [broken(action)] });
    await expect(sent).rejects.toMatchObject({ code: "guardrail_unavailable", status: 503 });
    await expect(sent).rejects.toBeInstanceOf(GatewayError);
  });

  it("lets the request pass where it should only flag, and says so", async () => {
    const request = testRequest();
    const context = testContext({ request });
    await send(request, { rules: [broken("flag")], output: false }, context);
    expect(context.get(guardrailFindingsKey)).toMatchObject([{ rule: "broken", category: "unavailable" }]);
  });

  it("is refused where it finds something outside the text or longer than it said", async () => {
    for (const match of [
      { start: 0, end: 99 },
      { start: 0.5, end: 2 },
      { start: 0, end: 6 },
    ]) {
      const rule: GuardrailRule = { ...broken("block"), find: () => [{ ...match, category: "x" }] };
      await expect(sendPart(text("Hello world"), { rules: [rule] })).rejects.toMatchObject({
        code: "guardrail_unavailable",
      });
    }
  });
});

describe("what is recorded", () => {
  const recording = (): { span: Span; attributes: Attributes[] } => {
    const attributes: Attributes[] = [{}];
    const plain = testContext().span;
    const span: Span = Object.assign(Object.create(plain) as Span, {
      isRecording: () => true,
      setAttribute: (key: string, value: string) => {
        attributes.push({ ...attributes.at(-1), [key]: value });
        return span;
      },
    });
    return { span, attributes };
  };

  it("tells the gravest verdict, its rule, the number of findings and their categories", async () => {
    const request = testRequest({ messages: [user(text(`${address}, a@b.org, falcon`))] });
    const { span, attributes } = recording();
    const rules = [denyPatterns({ patterns: ["falcon"], action: "flag" }), pii()];
    await send(request, { rules, output: false }, testContext({ request, span }));
    expect(attributes.at(-1)).toEqual({
      "llm_gateway.guardrail.direction": "input",
      "llm_gateway.guardrail.verdict": "redact",
      "llm_gateway.guardrail.name": "pii",
      "llm_gateway.guardrail.findings": 3,
      "llm_gateway.guardrail.categories": ["email", "denied"],
    });
  });

  it("tells that all is well, and that an answer was looked at", async () => {
    const request = testRequest();
    const { span, attributes } = recording();
    await send(request, { rules: [pii()], input: false }, testContext({ request, span }));
    expect(attributes.at(-1)).toEqual({
      "llm_gateway.guardrail.direction": "output",
      "llm_gateway.guardrail.verdict": "allow",
    });
  });

  it("keeps what another guardrail found", async () => {
    const request = testRequest({ messages: [user(text(address))] });
    const context = testContext({ request });
    await send(request, { rules: [pii({ action: "flag" })] }, context);
    await send(request, { rules: [denyPatterns({ patterns: ["jane"], action: "flag" })] }, context);
    expect(context.get(guardrailFindingsKey)).toMatchObject([{ rule: "pii" }, { rule: "deny-patterns" }]);
  });
});

describe("options", () => {
  const rule = pii();
  it.each([
    [{ rule }, /guardrail\(\) has no option `rule`/],
    [{ rules: rule }, /`guardrail.rules` must be an array/],
    [{ rules: ["pii"] }, /`guardrail.rules\[0\]` must be a rule with a `find` function/],
    [{ rules: [{ ...rule, name: "" }] }, /`guardrail.rules\[0\].name` must be a name/],
    [{ rules: [{ ...rule, action: "mask" }] }, /`guardrail.rules\[0\].action` must be one of/],
    [{ rules: [{ ...rule, maxMatchLength: 0 }] }, /`guardrail.rules\[0\].maxMatchLength` must be a positive integer/],
    [{ rules: [{ ...rule, directions: [] }] }, /`guardrail.rules\[0\].directions` must list/],
    [{ rules: [{ ...rule, directions: ["up"] }] }, /`guardrail.rules\[0\].directions` must be one of/],
    [{ rules: [rule], overlap: 0 }, /`guardrail.overlap` must be a positive integer, got 0/],
    [{ rules: [rule], overlap: 100 }, /`guardrail.overlap` must be at least 253.*"pii".*got 100/],
    [{ rules: [rule], overlap: 1e6 }, /`guardrail.overlap` must be at most/],
    [{ input: "yes" }, /`guardrail.input` must be true or false/],
  ])("are checked when the stage is made: %#", (options, message) => {
    const make = (): unknown => guardrail(options as GuardrailOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it("let a rule for requests only look further than the overlap", () => {
    expect(guardrail({ rules: [{ ...rule, directions: ["input"] }], overlap: 10 }).name).toBe("guardrail");
  });
});
