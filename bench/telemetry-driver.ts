/** Sends requests through a gateway and says what they took, with telemetry in the way that its argument names. */
import { setImmediate } from "node:timers/promises";
import { counted, exportedShare, ways } from "./telemetry-ways.ts";
import { chatAnswer, chatBody, chatStream } from "./traffic.ts";

/** What the parent process wants to know. */
export type Order =
  /** The CPU time of a request in microseconds, over so many of them. */
  | { readonly kind: AnswerKind; readonly count: number }
  /** How often tracer and spans are called in one request. */
  | { readonly kind: "calls"; readonly answer: AnswerKind }
  | { readonly kind: "exported share" };

/** A whole answer, or a stream of 100 or 1,000 events beside its beginning and its end. */
export type AnswerKind = "whole" | "short stream" | "long stream";

const [, , way = ""] = process.argv;
const setUp = ways[way];
if (setUp === undefined) throw new Error(`Name one of ${Object.keys(ways).join(", ")}.`);
setUp();
// Only now: what is loaded depends on the way.
const { allowAnyone, createGateway, openai } = await import("@llm-gateway/core");

const encoder = new TextEncoder();
const [first = "", event = "", ...rest] = chatStream.split(/(?<=\n\n)/);
/** Every event is a network read of its own. */
const streamOf = (events: number): readonly Uint8Array[] =>
  [first, ...Array.from({ length: events }, () => event), ...rest.slice(-3)].map((frame) => encoder.encode(frame));

const answers: Readonly<Record<AnswerKind, readonly Uint8Array[]>> = {
  whole: [encoder.encode(chatAnswer)],
  "short stream": streamOf(100),
  "long stream": streamOf(1000),
};
let kind: AnswerKind = "whole";

const gateway = createGateway({
  providers: [openai({ apiKey: "k" })],
  authenticate: allowAnyone(),
  transport: {
    send: () => {
      const reads = answers[kind].values();
      return Promise.resolve({
        status: 200,
        headers: { "content-type": kind === "whole" ? "application/json" : "text/event-stream" },
        body: {
          next: () => Promise.resolve(reads.next()),
          return: () => Promise.resolve({ done: true, value: undefined }),
        },
      });
    },
    close: () => Promise.resolve(),
  },
});

let failures = 0;
const ask = (): Promise<void> =>
  gateway.handle(
    {
      method: "POST",
      path: "/v1/chat/completions",
      scheme: "http",
      header: (name) => (name === "content-type" ? "application/json" : undefined),
      query: () => undefined,
      remoteAddress: "127.0.0.1",
      body: () =>
        Promise.resolve({ type: "bytes", bytes: encoder.encode(chatBody("openai/gpt-4.1-mini", kind !== "whole")) }),
      raw: undefined,
    },
    {
      start: (status) => {
        if (status !== 200) failures++;
      },
      write: () => true,
      drained: () => Promise.resolve(),
      end: () => undefined,
      breakOff: () => {
        failures++;
      },
      onClose: () => undefined,
    },
  );

const askMany = async (count: number): Promise<number> => {
  const before = process.cpuUsage();
  for (let asked = 0; asked < count; asked++) {
    await ask();
    // Spans are exported between the turns of the event loop, and a server has one for every request or two.
    if (asked % 4 === 3) await setImmediate();
  }
  const { user, system } = process.cpuUsage(before);
  if (failures > 0) throw new Error(`${failures} requests failed.`);
  return (user + system) / count;
};

const obey = async (order: Order): Promise<number> => {
  if (order.kind === "exported share") return exportedShare();
  if (order.kind !== "calls") {
    kind = order.kind;
    return askMany(order.count);
  }
  kind = order.answer;
  const before = counted.calls();
  await askMany(1);
  return counted.calls() - before;
};

process.on("message", (order) => void obey(order as Order).then((found) => process.send?.(found)));
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());
