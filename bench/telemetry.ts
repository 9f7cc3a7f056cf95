/**
 * What telemetry costs: CPU time of a request's whole path, from its bytes to those of its answer, over a transport that
 * answers at once. Each way of telling runs in a process of its own, and they take turns, so that a machine whose speed
 * drifts drifts for all of them.
 *
 * - `none`: as if there were no telemetry. The function that begins it is replaced by one that does nothing; what is left
 *   are questions to a value that is not there.
 * - `silent`: the gateway as it is, and no SDK.
 * - `recording`: an SDK whose batch processor hands every span to an exporter that drops it.
 * - `counting`: a tracer that counts what it is told; nobody looks at the time.
 *
 * Usage: npm run bench:telemetry [-- --rounds 15 --requests 3000]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import type { AnswerKind, Order } from "./telemetry-driver.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, requests: { type: "string", default: "3000" } },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);
const streams = Math.ceil(requests / 50);

const start = (way: string) => {
  const child = fork(new URL("./telemetry-driver.ts", import.meta.url), [way], { execArgv: process.execArgv });
  const ended = once(child, "exit").then(() => {
    throw new Error(`The process with \`${way}\` ended before it was asked to.`);
  });
  ended.catch(() => undefined);
  return {
    ask: async (order: Order): Promise<number> => {
      child.send(order);
      const [found] = (await Promise.race([once(child, "message"), ended])) as [number];
      return found;
    },
    stop: () => child.kill(),
  };
};

const none = start("none");
const silent = start("silent");
const recording = start("recording");
const counting = start("counting");

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const show = (micros: readonly number[]): string =>
  `${median(micros).toFixed(2)} µs (${Math.min(...micros).toFixed(2)} to ${Math.max(...micros).toFixed(2)})`;

interface Costs {
  /** Without telemetry, in microseconds. */
  readonly bare: number;
  /** What is added to that. */
  readonly silent: number;
  readonly recording: number;
}

const measure = async (kind: AnswerKind, count: number): Promise<Costs> => {
  const bare = await none.ask({ kind, count });
  return {
    bare,
    silent: (await silent.ask({ kind, count })) - bare,
    recording: (await recording.ask({ kind, count })) - bare,
  };
};

let passed = true;
const report = (name: string, found: string, limit: string, isMet: boolean): void => {
  console.log(`${name.padEnd(34)}${found.padEnd(32)}must be ${limit}${isMet ? "" : "  MISSED"}`);
  if (!isMet) passed = false;
};

try {
  console.log(`CPU time of the process, medians of ${rounds} rounds; Node ${process.version}`);
  // A server runs for days, so what is measured is code that the compiler has settled on, which takes it a while.
  for (let round = 0; round < 5; round++) {
    await measure("whole", requests);
    await measure("long stream", streams);
  }
  const wholes: Costs[] = [];
  const perEvent: number[] = [];
  for (let round = 0; round < rounds; round++) {
    wholes.push(await measure("whole", requests));
    const short = await measure("short stream", streams);
    const long = await measure("long stream", streams);
    perEvent.push((long.recording - short.recording) / 900);
  }
  const silentCosts = wholes.map((costs) => costs.silent);
  const recordingCosts = wholes.map((costs) => costs.recording);
  const calls = await counting.ask({ kind: "calls", answer: "short stream" });
  const moreCalls = (await counting.ask({ kind: "calls", answer: "long stream" })) - calls;
  const share = await recording.ask({ kind: "exported share" });

  console.log(`A whole answer without telemetry: ${show(wholes.map(({ bare }) => bare))}. What is added:`);
  report("a request, no SDK", show(silentCosts), "≤ 5 µs", median(silentCosts) <= 5);
  report("a request, recording", show(recordingCosts), "≤ 100 µs", median(recordingCosts) <= 100);
  report("an event of a stream, recording", show(perEvent), "no work on spans", moreCalls === 0);
  console.log(`${calls} calls of tracer and spans in a stream of 100 events, ${moreCalls} more for 900 more events.`);
  // Otherwise the time is that of a queue that overflows.
  if (share !== 1) throw new Error(`Only ${(share * 100).toFixed(1)} % of the spans came to the exporter.`);
} finally {
  for (const { stop } of [none, silent, recording, counting]) stop();
}
process.exitCode = passed ? 0 : 1;
