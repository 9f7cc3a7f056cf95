import { expect, test } from "vitest";
import { allowAnyone, createGateway, defineStage, insertBefore, openai } from "../src/index.ts";
import { createFakeClock, createFakeTransport } from "../src/testing/index.ts";
import { chatStream } from "../src/testing/wire.ts";

const ask = (stream: boolean): Request =>
  new Request("http://gateway.test/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "openai/gpt-5-mini", stream, messages: [{ role: "user", content: "Hi" }] }),
  });

test("an answer that a stage asked for and forgot is given up when the request is over", async () => {
  const twice = defineStage("twice", async (_context, next) => {
    await next();
    return next();
  });
  const transport = createFakeTransport(() => ({ body: chatStream("a", "b") }));
  const gateway = createGateway({
    providers: [openai({ apiKey: "k" })],
    authenticate: allowAnyone(),
    transport,
    stages: (defaults) => insertBefore(defaults, "route", twice),
  });
  await (await gateway.fetch(ask(true))).text();
  expect(transport.requests).toHaveLength(2);
  expect(transport.closedEarly()).toBe(1);
});

test("a provider that says it is done and never hangs up is hung up on", async () => {
  const clock = createFakeClock();
  const hungUp: number[] = [];
  const chunks = chatStream("a").map((frame) => Buffer.from(frame));
  const gateway = createGateway({
    providers: [openai({ apiKey: "k" })],
    authenticate: allowAnyone(),
    clock,
    transport: {
      send: () =>
        Promise.resolve({
          status: 200,
          headers: { "content-type": "text/event-stream" },
          body: {
            next: () => {
              const value = chunks.shift();
              return value === undefined ? new Promise(() => undefined) : Promise.resolve({ done: false, value });
            },
            return: () => {
              hungUp.push(clock.now());
              return Promise.resolve({ done: true, value: undefined });
            },
          },
        }),
      close: () => Promise.resolve(),
    },
  });
  expect(await (await gateway.fetch(ask(true))).text()).toMatch(/\[DONE\]\n\n$/);
  expect(hungUp).toEqual([]);
  await clock.advance(1_000);
  expect(hungUp).toEqual([1_000]);
  expect(clock.pendingTimers()).toBe(0);
});

test("a stage that never settles and hears no signal holds nobody up beyond the deadline", async () => {
  const clock = createFakeClock();
  const deaf = defineStage("deaf", () => new Promise(() => undefined));
  const gateway = createGateway({
    providers: [openai({ apiKey: "k" })],
    authenticate: allowAnyone(),
    clock,
    transport: createFakeTransport(() => ({ body: chatStream("a") })),
    stages: (defaults) => insertBefore(defaults, "route", deaf),
    timeouts: { deadlineMs: 5_000 },
  });
  const pending = gateway.fetch(ask(false));
  await clock.advance(5_000);
  expect((await pending).status).toBe(504);
  await gateway.close();
});
