import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, type CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent, EventBatch } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import { createReply, replyOf, type Reply } from "../../chat/reply.ts";
import type { Context } from "../../pipeline/context.ts";
import { testContext } from "../../testing/test-context.ts";
import { guardrailFindingsKey } from "./findings.ts";
import { guardrail, type GuardrailOptions } from "./guardrail.ts";
import { allowPatterns, denyPatterns } from "./patterns.ts";
import { pii } from "./pii/pii.ts";

const say = (text: string, choice = 0): ChatEvent => ({ type: "text-delta", choice, text });
const think = (text: string, choice = 0): ChatEvent => ({ type: "reasoning-delta", choice, text });
const refuse = (text: string, choice = 0): ChatEvent => ({ type: "refusal-delta", choice, text });
const call = (index: number, kind: "function" | "custom" = "function"): ChatEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id: `call-${index}`,
  name: "save",
  kind,
});
const args = (text: string, index = 0): ChatEvent => ({ type: "tool-call-delta", choice: 0, index, arguments: text });
const close = (index: number): ChatEvent => ({ type: "tool-call-end", choice: 0, index });
const start: ChatEvent = { type: "reply-start", id: "answer-1" };
const end = (choice = 0): ChatEvent => ({ type: "reply-end", choice, finishReason: "stop" });
const usage: ChatEvent = { type: "usage", usage: { inputTokens: 5, outputTokens: 7 } };

interface Guarded {
  readonly reply: Reply;
  readonly context: Context;
}

const guarded = async (options: GuardrailOptions, inner: Reply): Promise<Guarded> => {
  const context = testContext();
  return { reply: await guardrail(options).run(context, () => Promise.resolve(inner)), context };
};

const batchesOf = async (reply: Reply): Promise<EventBatch[]> => {
  const batches: EventBatch[] = [];
  for await (const batch of reply.batches) batches.push(batch);
  return batches;
};

const eventsOf = async (options: GuardrailOptions, ...batches: EventBatch[]): Promise<ChatEvent[]> =>
  (await batchesOf((await guarded(options, replyOf(batches))).reply)).flat();

const collected = async (options: GuardrailOptions, events: readonly ChatEvent[]): Promise<CollectedReply> =>
  collect((await guarded(options, replyOf([events]))).reply);

/** Reads one batch and walks away. */
const readOne = async (reply: Reply): Promise<void> => {
  const iterator = reply.batches[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return?.();
};

/** Cuts text into pieces of these lengths, over and over. */
const piecesOf = (text: string, lengths: readonly number[]): string[] => {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = lengths[pieces.length % lengths.length] ?? 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
};

const filler = (length: number): string => "lorem ipsum ".repeat(Math.ceil(length / 12)).slice(0, length);

const redacting: GuardrailOptions = { rules: [pii()] };
const blocking: GuardrailOptions = { rules: [pii({ action: "block" })] };
const address = "jane.doe@example.com";

describe("an answer that nobody has to change", () => {
  it("passes as the batches it came in", async () => {
    const batches: EventBatch[] = [
      [start, say("All is "), say("well.")],
      [end(), usage],
    ];
    const events = await eventsOf(redacting, ...batches);
    expect(events).toHaveLength(5);
    batches.flat().forEach((event, index) => expect(events[index]).toBe(event));
  });

  it("is the same batch where it comes whole", async () => {
    const batch: EventBatch = [start, say("All is well."), end(), usage];
    const [first] = await batchesOf((await guarded(redacting, replyOf([batch]))).reply);
    expect(first).toBe(batch);
  });

  it("is delivered while it streams: each event as it came, when the overlap behind it has come", async () => {
    const deltas = Array.from({ length: 40 }, () => say(filler(20)));
    let came = 0;
    const inner = async function* (): AsyncGenerator<EventBatch> {
      for (const delta of deltas) {
        came += 20;
        yield [delta];
      }
      yield [end()];
    };
    const { reply } = await guarded(redacting, createReply({ batches: inner() }));
    const seen: ChatEvent[] = [];
    const held: number[] = [];
    for await (const batch of reply.batches) {
      seen.push(...batch);
      if (came < 800) held.push(came - seen.length * 20);
    }
    expect(Math.min(...held)).toBeGreaterThanOrEqual(256);
    expect(Math.max(...held)).toBeLessThan(256 + 20 + 20);
    deltas.forEach((delta, index) => expect(seen[index]).toBe(delta));
    expect(seen).toHaveLength(41);
  });

  it("keeps its frames", async () => {
    const events = withFrame("openai-chat", "stream", { raw: "data: {}\n\n" }, [say("Hi "), say("there")]);
    const out = await eventsOf(redacting, events, [end()]);
    expect(out[0]).toBe(events[0]);
    expect(out[0]?.frame?.events).toBe(events);
  });
});

describe("holding back", () => {
  it("gives an event once the overlap behind it has come, and not before", async () => {
    const options: GuardrailOptions = { rules: [denyPatterns({ patterns: ["secret"] })], overlap: 10 };
    const { reply } = await guarded(
      options,
      replyOf([[say("a".repeat(5))], [say("b".repeat(9))], [say("cc")], [end()]]),
    );
    const [first, second] = await batchesOf(reply);
    expect(first).toEqual([say("aaaaa")]);
    expect(second).toEqual([say("b".repeat(9)), say("cc"), end()]);
  });

  it("holds as much as it is told, also where the rules would need less", async () => {
    const options: GuardrailOptions = { rules: [denyPatterns({ patterns: ["secret"] })], overlap: 50 };
    let came = 0;
    const inner = async function* (): AsyncGenerator<EventBatch> {
      for (const text of ["a", filler(49), "b"]) {
        came += text.length;
        yield [say(text)];
      }
      yield [end()];
    };
    const { reply } = await guarded(options, createReply({ batches: inner() }));
    expect((await reply.batches[Symbol.asyncIterator]().next()).value).toEqual([say("a")]);
    expect(came).toBe(51);
  });

  it("splits an event that is longer than anything may wait, and still sees across its end", async () => {
    const long = filler(300_000);
    const { reply } = await guarded(redacting, replyOf([[say(`${long}jane@exam`)], [say("ple.com ok")], [end()]]));
    const batches = await batchesOf(reply);
    expect(batches).toHaveLength(2);
    expect(
      batches
        .flat()
        .map((event) => (event.type === "text-delta" ? event.text : ""))
        .join(""),
    ).toBe(`${long}[EMAIL] ok`);
  });

  it("keeps events behind held text in their place", async () => {
    const ping: ChatEvent = { type: "opaque", dialect: "test", name: "ping" };
    const events = await eventsOf(redacting, [start], [say("Hello")], [ping], [say(" you")], [usage], [end()]);
    expect(events).toEqual([start, say("Hello"), ping, say(" you"), usage, end()]);
  });

  it("releases reasoning when the answer begins, so that the answer can stream", async () => {
    const { reply } = await guarded(
      redacting,
      replyOf([[think("Let me see.")], [say(filler(300))], [say(filler(300))], [end()]]),
    );
    const batches = await batchesOf(reply);
    expect(batches[0]).toEqual([think("Let me see.")]);
    expect(batches).toHaveLength(3);
  });

  it("holds a field that went on after it was left to its end, so that jumping between fields hides nothing", async () => {
    const jumps = "jane@example.com".split("").flatMap((letter) => [[say(letter)], [think("-")]]);
    const reply = await collect((await guarded(redacting, replyOf([...jumps, [end()]]))).reply);
    // Only what came before the first jump was out when it showed that this answer jumps.
    expect(reply.text).toBe("j[EMAIL]");
  });

  it("keeps its place in a text that begins anew with an invisible character", async () => {
    const turns = [say("see "), think("hm"), say("\u200b"), say("a"), say(`nd ${address} ok`)];
    const reply = await collect((await guarded(redacting, replyOf([...turns.map((event) => [event]), [end()]]))).reply);
    expect(reply.text).toBe("see \u200band [EMAIL] ok");
  });

  it.each([1, 4])("blocks behind what was released at a jump, in batches of %d", async (size) => {
    const turns = [say("a sec"), think("hm"), say("ret b"), end()];
    const batches = size === 1 ? turns.map((event) => [event]) : [turns];
    expect(await eventsOf({ rules: [denyPatterns({ patterns: ["secret"] })] }, ...batches)).toEqual([
      say("a sec"),
      think("hm"),
      { type: "reply-end", choice: 0, finishReason: "content_filter" },
    ]);
  });

  it("does not take another choice's text for such a jump", async () => {
    const turns = "jane@example.com".split("").flatMap((letter) => [[say(letter)], [say("-", 1)]]);
    const reply = await collect((await guarded(redacting, replyOf([...turns, [end()], [end(1)]]))).reply);
    expect(reply.text).toBe("[EMAIL]");
  });

  it("does not hold more than a bounded amount behind a silent field", async () => {
    // Reasoning was left, went on, and was left again: it waits for its end, and the text behind it with it.
    const jump = [think("a"), say("b"), think("c")].map((event) => [event]);
    const many = Array.from({ length: 400 }, () => [say(filler(1000))]);
    const { reply } = await guarded(redacting, replyOf([...jump, ...many, [end()]]));
    let held = 0;
    let most = 0;
    const source = reply.batches[Symbol.asyncIterator]();
    let batch = await source.next();
    while (batch.done !== true) {
      held = batch.value.length;
      most = Math.max(most, held);
      batch = await source.next();
    }
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(300);
  });
});

describe("redacting an answer", () => {
  it("replaces what is found, in an event of its own without the old frame and logprobs", async () => {
    const event: ChatEvent = {
      type: "text-delta",
      choice: 0,
      text: `Write to ${address}.`,
      logprobs: [{ token: address }],
    };
    const batch = withFrame("openai-chat", "stream", { raw: "data: {}\n\n" }, [event, say(" Bye.")]);
    const [first, second] = await eventsOf(redacting, batch, [end()]);
    expect(first).toEqual(say("Write to [EMAIL]."));
    expect(first).not.toHaveProperty("frame");
    expect(second).toBe(batch[1]);
  });

  it("keeps the arguments of a tool call valid JSON, inside strings, around escapes and in place of numbers", async () => {
    const text = `{"mail":"jane.doe\\u0040example.com","note":"a\\n${address}\\"","card":-4111111111111111,"n":4111111111111111}`;
    const reply = await collected(redacting, [call(0), args(text), close(0), end()]);
    const part = reply.choices[0]?.parts[0];
    expect(part?.type === "tool-call" && JSON.parse(part.arguments)).toEqual({
      mail: "[EMAIL]",
      note: 'a\n[EMAIL]"',
      card: "[CARD]",
      n: "[CARD]",
    });
  });

  it("takes a custom tool's input for plain text", async () => {
    const events = await eventsOf(redacting, [call(0, "custom"), args("4111111111111111"), close(0), end()]);
    expect(events[1]).toEqual(args("[CARD]"));
  });

  it("replaces a token of any length as one", async () => {
    const token = `eyJ${"hbGciOiJI".repeat(5)}.eyJ${"zdWIiOiIx".repeat(300)}.${"c2lnbmF0dXJl".repeat(30)}`;
    const pieces = (`Your token: ${token} Keep it.`.match(/[^]{1,7}/g) ?? []).map((piece) => [say(piece)]);
    const reply = await collect((await guarded(redacting, replyOf([...pieces, [end()]]))).reply);
    expect(reply.text).toBe("Your token: [API_KEY] Keep it.");
  });

  it("takes the proof away from reasoning that it changed, and leaves other proofs", async () => {
    const proof = (value: string): ChatEvent => ({
      type: "reasoning-delta",
      choice: 0,
      text: "",
      signature: { format: "test-v1", value },
    });
    const events = await eventsOf(
      redacting,
      [think(`It is ${address}`)],
      [proof("one")],
      [think(" Fine.")],
      [proof("two")],
      [end()],
    );
    expect(events).toEqual([think("It is [EMAIL]"), think(" Fine."), proof("two"), end()]);
  });

  it("changes citations, and leaves out opaque events that it can not change", async () => {
    const citation: ChatEvent = {
      type: "citation",
      choice: 0,
      citation: { url: "https://example.org", citedText: `By ${address}` },
    };
    const opaque: ChatEvent = { type: "opaque", dialect: "test", name: "result", value: { from: [address] } };
    const events = await eventsOf(redacting, [say("Hm"), citation, opaque, end()]);
    expect(events).toEqual([
      say("Hm"),
      { type: "citation", choice: 0, citation: { url: "https://example.org", citedText: "By [EMAIL]" } },
      end(),
    ]);
  });

  it("leaves alone what an allow rule matches", async () => {
    const options = { rules: [pii(), allowPatterns({ patterns: ["support@example.com"] })] };
    const reply = await collected(options, [say(`support@example.com or ${address}`), end()]);
    expect(reply.text).toBe("support@example.com or [EMAIL]");
  });

  it("leaves alone a key whose beginning an allow rule matches", async () => {
    const key = ["sk", "abcdefghij0123456789", "and-so-on"].join("-");
    const options = { rules: [pii(), allowPatterns({ patterns: [key.slice(0, 12)] })] };
    expect((await collected(options, [say(key), end()])).text).toBe(key);
  });

  it("sees through zero-width characters and full-width forms, and delivers the rest as it was", async () => {
    const hidden = "jane\u200b.doe＠exam\u00adple.com";
    const reply = await collected(redacting, [say(`ﬁnd ${hidden} e\u0301tude \u{1f469}\u200d\u{1f4bb}`), end()]);
    expect(reply.text).toBe("ﬁnd [EMAIL] e\u0301tude \u{1f469}\u200d\u{1f4bb}");
  });
});

describe("blocking an answer", () => {
  it("stops the provider, gives what was clean and ends with content_filter and the last known usage", async () => {
    let stopped = 0;
    const batches: EventBatch[] = [
      [start, usage],
      [say("Write to ")],
      [say(address)],
      [say(filler(300))],
      [say("never")],
    ];
    let index = 0;
    const inner = createReply({
      batches: {
        next: () => Promise.resolve({ done: false, value: batches[index++] ?? [end()] }),
        return: () => {
          stopped++;
          return Promise.resolve({ done: true, value: undefined });
        },
      },
    });
    const exits: string[] = [];
    inner.finished.add(({ exit }) => exits.push(`inner ${exit}`));
    const { reply, context } = await guarded(blocking, inner);
    reply.finished.add(({ exit }) => exits.push(`outer ${exit}`));
    const events = (await batchesOf(reply)).flat();
    expect(events).toEqual([
      start,
      usage,
      say("Write to "),
      { type: "reply-end", choice: 0, finishReason: "content_filter" },
    ]);
    expect(stopped).toBe(1);
    expect(index).toBe(4);
    expect(exits).toEqual(["inner stopped", "outer complete"]);
    expect(context.get(guardrailFindingsKey)).toEqual([
      { rule: "pii", category: "email", direction: "output", action: "block", count: 1 },
    ]);
  });

  it("ends every open choice and open tool call, and tells usage that was held back", async () => {
    const events = await eventsOf(blocking, [
      say("One", 1),
      end(1),
      call(0),
      args(`{"a":"${address}`),
      usage,
      say("Two", 2),
      close(0),
    ]);
    expect(events).toEqual([
      say("One", 1),
      end(1),
      call(0),
      args('{"a":"'),
      { type: "usage", usage: { inputTokens: 5, outputTokens: 7 } },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "reply-end", choice: 0, finishReason: "content_filter" },
      { type: "reply-end", choice: 2, finishReason: "content_filter" },
    ]);
  });

  it("gives nothing that came behind the match, in other choices neither", async () => {
    const options = { rules: [denyPatterns({ patterns: ["secret"] })] };
    const events = await eventsOf(options, [say("a secret")], [say("other", 1), end(1)], [say(filler(300))], [end()]);
    expect(events).toEqual([
      say("a "),
      { type: "reply-end", choice: 0, finishReason: "content_filter" },
      { type: "reply-end", choice: 1, finishReason: "content_filter" },
    ]);
  });

  it.each([
    ["text", [say(address)]],
    ["reasoning", [think(address)]],
    ["a refusal", [refuse(address)]],
    ["a function's arguments", [call(0), args(`{"to":"${address}"}`)]],
    ["a custom tool's input", [call(0, "custom"), args(address)]],
    ["the second choice", [say("fine"), say(address, 1)]],
    ["a citation", [{ type: "citation", choice: 0, citation: { title: address } }]],
    ["an opaque event", [{ type: "opaque", dialect: "test", name: "x", value: [{ deep: address }] }]],
    ["a tool's name", [{ ...call(0), name: address } as ChatEvent]],
  ] as [string, ChatEvent[]][])("looks at %s", async (_where, events) => {
    const out = await eventsOf(blocking, [start, ...events, end()]);
    expect(JSON.stringify(out)).not.toContain(address);
    expect(out.at(-1)).toMatchObject({ type: "reply-end", finishReason: "content_filter" });
  });

  it("blocks even where the answer has no reply-end", async () => {
    expect(await eventsOf(blocking, [say(`x ${address}`)])).toEqual([
      say("x "),
      { type: "reply-end", choice: 0, finishReason: "content_filter" },
    ]);
  });
});

describe("a reply that is left early", () => {
  const endless = (): { inner: Reply; exits: string[] } => {
    const inner = createReply({ batches: { next: () => Promise.resolve({ done: false, value: [say(filler(600))] }) } });
    const exits: string[] = [];
    inner.finished.add(({ exit }) => exits.push(exit));
    return { inner, exits };
  };

  it("stops the provider when the reader stops", async () => {
    const { inner, exits } = endless();
    const { reply } = await guarded(redacting, inner);
    await readOne(reply);
    expect(exits).toEqual(["stopped"]);
  });

  it("stops the provider when it is cancelled unread", async () => {
    const { inner, exits } = endless();
    const { reply } = await guarded(redacting, inner);
    reply.finished.add(({ exit }) => exits.push(`outer ${exit}`));
    reply.cancel();
    expect(exits).toEqual(["unread", "outer unread"]);
  });

  it("fails where the provider fails, without giving what was held", async () => {
    const failing = async function* (): AsyncGenerator<EventBatch> {
      yield [say("held")];
      throw new Error("cut");
    };
    const { reply } = await guarded(redacting, createReply({ batches: failing() }));
    await expect(batchesOf(reply)).rejects.toThrow("cut");
    expect(reply.finished.finish()?.exit).toBe("failed");
  });
});

describe("however an answer is cut into pieces", () => {
  const key = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
  const allowedKey = ["sk", "abcdefghij0123456789"].join("-");
  const cases: readonly (readonly [string, GuardrailOptions, string])[] = [
    ["redacts an address", redacting, `Write to ${address}, please.`],
    ["redacts a spaced card with an expiry date", redacting, "Card 4111 1111 1111 1111 12/27 ok"],
    ["redacts a hidden address", redacting, "to j\u200bane＠example.com\ufe0f now"],
    ["redacts a key", redacting, `key sk-ant-api03-${"aB3".repeat(12)}.`],
    ["blocks a phrase", { rules: [denyPatterns({ patterns: ["Project Falcon"] })] }, "about PROJECT Falcon, well"],
    ["redacts an IBAN", redacting, "to DE89 3704 0044 0532 0130 00 today"],
    [
      "leaves an allowed key to its end",
      { rules: [pii(), denyPatterns({ patterns: ["ok"], action: "flag" }), allowPatterns({ patterns: [allowedKey] })] },
      `my ${allowedKey}${"-x".repeat(150)} ok ${filler(300)}`,
    ],
    [
      "counts once what is found as it is inside of what is found normalised",
      redacting,
      `key ${key}${"a".repeat(600)}\u200b4111111111111111 ${filler(300)}`,
    ],
    [
      "replaces once what is found inside of a long key",
      { rules: [pii(), denyPatterns({ patterns: ["secret"], action: "redact" })] },
      `key ${key}${"-x".repeat(300)}-secret-x and on ${filler(300)}`,
    ],
    [
      "sees what stands in front of its window",
      { rules: [pii(), denyPatterns({ patterns: ["ok"], action: "flag" })] },
      `${filler(1023)}x4111111111111111 ${filler(600)} ok`,
    ],
    ["redacts a key that is a word by itself, however long", redacting, `"${key}${"x".repeat(600)} `],
    ["blocks a decomposed word", { rules: [denyPatterns({ patterns: ["caf\u00e9"] })] }, "le cafe\u0301 noir"],
  ];
  const forms: Readonly<Record<string, (piece: string) => ChatEvent>> = {
    text: say,
    reasoning: think,
    refusal: refuse,
    arguments: args,
    "second choice": (piece) => say(piece, 1),
  };

  const answer = async (options: GuardrailOptions, form: string, pieces: readonly string[]): Promise<unknown> => {
    const make = forms[form] ?? say;
    const before = form === "arguments" ? [call(0), args('{"a":"')] : [];
    const after = form === "arguments" ? [args('"}'), close(0)] : [];
    const ended = form === "second choice" ? end(1) : end();
    const { reply, context } = await guarded(
      options,
      replyOf([before, ...pieces.map((piece) => [make(piece)]), [...after, ended]].filter((batch) => batch.length > 0)),
    );
    return { ...(await collect(reply)), findings: context.get(guardrailFindingsKey) };
  };

  for (const [name, options, text] of cases) {
    it(`${name} split at every offset, in every field`, async () => {
      for (const form of Object.keys(forms)) {
        const whole = await answer(options, form, [text]);
        expect(JSON.stringify(whole)).toMatch(/"action":"(flag|redact|block)","count":1}\]/);
        for (let at = 1; at < Math.min(text.length, 60); at++) {
          expect(await answer(options, form, [text.slice(0, at), text.slice(at)])).toEqual(whole);
        }
        expect(await answer(options, form, text.split(""))).toEqual(whole);
      }
    });
  }

  const words = fc.constantFrom(
    ..."4 1 0 9 +49 (555) 555-234-5678 4111111111111111 4111-1111- 123-45-6789 @ . - _ a b.c example.com jane@ sk- sk-abc1".split(
      " ",
    ),
    "DE89370400440532013000",
    "eyJhbGciOiJIUzI1NiJ9.",
    "eyJzdWIiOiIxMjM0In0.",
    "AKIAIOSFODNN7EXAMPLE",
    "secret",
    "\u200b",
    "\ufe0f",
    "e\u0301",
    "４",
    "ﬁ",
    "\u{e0041}",
    "\u{1f600}",
    "\ud83d",
    "가\u11a8",
    " ",
    "\n",
    '"',
    "\\",
    "\\u0040",
    "x".repeat(300),
  );
  const rules = [
    pii(),
    denyPatterns({ patterns: [/(?<=a)b\b|x{3}$/, /aa|4\b(?! )/], action: "redact", name: "odd" }),
    allowPatterns({ patterns: ["jane@example.com", "4111-1111"] }),
  ];

  it.each(["text", "arguments"])("gives the same %s and findings", async (form) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(words, { maxLength: 40 }).map((list) => list.join("")),
        fc.array(fc.nat(400), { maxLength: 30 }),
        fc.boolean(),
        async (text, cuts, blocks) => {
          const options = { rules: [...rules, ...(blocks ? [denyPatterns({ patterns: ["secret"] })] : [])] };
          const places = [0, ...new Set(cuts.filter((cut) => cut < text.length)), text.length].toSorted(
            (a, b) => a - b,
          );
          const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
          const whole = await answer(options, form, [text]);
          expect(await answer(options, form, pieces)).toEqual(whole);
          expect(await answer(options, form, text.split(""))).toEqual(whole);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("gives the same where fields take turns", async () => {
    const fields = [say, think, (piece: string) => say(piece, 1), args, (piece: string) => args(piece, 1)];
    const phrase = fc.constantFrom(
      ...'4111 1111| 1111 1111|jane@|example.com| hello |secret|sec|ret|sk-abcdef1234567890abcdef|\u200b|"|\\u004'.split(
        "|",
      ),
      "lorem ipsum ".repeat(30),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(4), phrase), { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
        fc.boolean(),
        async (turns, lengths, blocks) => {
          const options = {
            rules: [pii(), denyPatterns({ patterns: ["secret"], action: blocks ? "block" : "redact" })],
          };
          const make = ([field, piece]: readonly [number, string]): ChatEvent => (fields[field] ?? say)(piece);
          const split = turns.flatMap(([field, piece]) => piecesOf(piece, lengths).map((part) => make([field, part])));
          const run = async (batches: readonly EventBatch[]): Promise<unknown> => {
            const all = [[call(0), call(1)], ...batches, [close(0), close(1), end(), end(1)]];
            const { reply, context } = await guarded(options, replyOf(all));
            return { ...(await collect(reply)), findings: context.get(guardrailFindingsKey) };
          };
          const whole = await run([turns.map(make)].filter((batch) => batch.length > 0));
          expect(await run([split].filter((batch) => batch.length > 0))).toEqual(whole);
          expect(await run(split.map((event) => [event]))).toEqual(whole);
        },
      ),
      { numRuns: 150 },
    );
  });
});
