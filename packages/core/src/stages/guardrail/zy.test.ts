import fc from "fast-check";
import { expect, it } from "vitest";
import { collect } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { replyOf } from "../../chat/reply.ts";
import { testContext, testRequest } from "../../testing/test-context.ts";
import { guardrail } from "./guardrail.ts";
import { denyPatterns } from "./patterns.ts";
import { pii } from "./pii/pii.ts";
import { guardrailFindingsKey } from "./findings.ts";

const make = [
  (text: string): ChatEvent => ({ type: "text-delta", choice: 0, text }),
  (text: string): ChatEvent => ({ type: "text-delta", choice: 1, text }),
  (text: string): ChatEvent => ({ type: "reasoning-delta", choice: 0, text }),
  (text: string): ChatEvent => ({ type: "tool-call-delta", choice: 1, index: 0, arguments: text }),
  (text: string): ChatEvent => ({ type: "tool-call-delta", choice: 1, index: 1, arguments: text }),
];
const words = fc.constantFrom(
  "4111 1111",
  " 1111 1111",
  "jane@",
  "example.com",
  " hello ",
  "secret",
  "x".repeat(100),
  "lorem ipsum ".repeat(30),
  "sk-abcdef1234567890abcdef",
  "\u200b",
  '"',
  "\\u004",
);
it("interleaved", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(4), words), { maxLength: 40 }),
      fc.infiniteStream(fc.nat(12)),
      fc.infiniteStream(fc.boolean()),
      fc.boolean(),
      async (list, cuts, breaks, block) => {
        const rules = [pii(), denyPatterns({ patterns: ["secret"], action: block ? "block" : "redact" })];
        const start: ChatEvent[] = [
          { type: "tool-call-start", choice: 1, index: 0, id: "a", name: "f", kind: "function" },
          { type: "tool-call-start", choice: 1, index: 1, id: "b", name: "f", kind: "function" },
        ];
        const ends: ChatEvent[] = [
          { type: "tool-call-end", choice: 1, index: 0 },
          { type: "tool-call-end", choice: 1, index: 1 },
          { type: "reply-end", choice: 0, finishReason: "stop" },
          { type: "reply-end", choice: 1, finishReason: "stop" },
        ];
        const whole: ChatEvent[] = list.map(([k, t]) => make[k]!(t));
        const split = list.flatMap(([k, t]) => {
          const out = [];
          for (let at = 0; at < t.length;) {
            const n = 1 + cuts.next().value;
            out.push(make[k]!(t.slice(at, at + n)));
            at += n;
          }
          return out;
        });
        const run = async (events: ChatEvent[], onebatch: boolean) => {
          const all = [...start, ...events, ...ends];
          const batches: ChatEvent[][] = [[]];
          for (const e of all) {
            if (!onebatch && breaks.next().value) batches.push([]);
            batches.at(-1)!.push(e);
          }
          const context = testContext();
          const c = await collect(
            await guardrail({ rules }).run(context, () => Promise.resolve(replyOf(batches.filter((b) => b.length)))),
          );
          return {
            c,
            f: [...(context.get(guardrailFindingsKey) ?? [])].sort((a, b) => (a.category < b.category ? -1 : 1)),
          };
        };
        if (process.env.DBG)
          console.log(
            JSON.stringify(list.map(([k, t]) => [k, t.slice(0, 30)])),
            JSON.stringify(split.map((e) => (e.text ?? e.arguments).slice(0, 20))),
          );
        const a = await run(whole, true);
        expect(await run(whole, false)).toEqual(a);
        expect(await run(split, false)).toEqual(a);
      },
    ),
    { numRuns: 3000 },
  );
}, 120000);
it("speed", async () => {
  for (const [name, unit] of Object.entries({
    ascii: "lorem ipsum dolor sit amet ",
    cjk: "你好世界，今天天气很好。",
    combining: "e\u0301",
    zw: "a\u200b",
    fullwidth: "４１１１",
    math: "\u{1d400}",
    digits: "4111 ",
    emoji: "👩‍💻 ok ",
    json: '{"a":"b \\n c",',
    emails: "jane@example.com ",
  })) {
    const text = unit.repeat(Math.ceil(1048576 / unit.length));
    const request = testRequest({ messages: [{ role: "user", parts: [{ type: "text", text }] }] });
    let t = performance.now();
    await guardrail({ rules: [pii()], output: false }).run(testContext({ request }), () =>
      Promise.resolve(replyOf([])),
    );
    const input = performance.now() - t;
    t = performance.now();
    await collect(
      await guardrail({ rules: [pii()], input: false }).run(testContext(), () =>
        Promise.resolve(replyOf([[make[0]!(text)]])),
      ),
    );
    const output = performance.now() - t;
    t = performance.now();
    await collect(
      await guardrail({ rules: [pii()], input: false }).run(testContext(), () =>
        Promise.resolve(replyOf([[make[3]!(text)]])),
      ),
    );
    const json = performance.now() - t;
    const pieces = (text.slice(0, 262144).match(/[^]{1,4}/g) ?? []).map((p) => [make[0]!(p)]);
    t = performance.now();
    await collect(
      await guardrail({ rules: [pii()], input: false }).run(testContext(), () => Promise.resolve(replyOf(pieces))),
    );
    console.log(
      name,
      "input",
      input.toFixed(0),
      "output",
      output.toFixed(0),
      "json",
      json.toFixed(0),
      "stream µs/event",
      (((performance.now() - t) * 1000) / pieces.length).toFixed(1),
    );
  }
}, 120000);
