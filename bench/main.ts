/**
 * What the gateway costs over plain servers that do the least one can do: CPU of the serving process, floor and gateway
 * in turn in one run, so that a machine whose speed drifts drifts for both. Absolute figures belong to the machine;
 * the ratios are what is promised.
 *
 * Usage: npm run bench [-- --rounds 7 --requests 3000]
 */
import { parseArgs } from "node:util";
import { drive, type Load } from "./load.ts";
import { startProcess, type ServerProcess } from "./process.ts";
import { anthropicBody, chatBody } from "./traffic.ts";

interface Scenario {
  readonly name: string;
  readonly floor: "F" | "S";
  /** Ratio that must not be passed. */
  readonly limit: number;
  readonly load: Omit<Load, "url">;
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, requests: { type: "string", default: "3000" } },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);

const warmUpRounds = 8;

const whole = { path: "/v1/chat/completions", connections: 32, requests };
const streamed = { path: "/v1/chat/completions", connections: 16, requests: Math.ceil(requests / 5) };

const scenarios: readonly Scenario[] = [
  {
    name: "whole, same dialect, seven stages",
    floor: "F",
    limit: 2,
    load: { ...whole, body: chatBody("openai/bench", false) },
  },
  {
    name: "whole, chat to Anthropic",
    floor: "F",
    limit: 3,
    load: { ...whole, body: chatBody("anthropic/bench", false) },
  },
  {
    name: "whole, messages to Anthropic",
    floor: "F",
    limit: 2,
    load: { ...whole, path: "/v1/messages", body: anthropicBody("anthropic/bench", false) },
  },
  {
    name: "stream burst, same dialect",
    floor: "S",
    limit: 2,
    load: { ...streamed, body: chatBody("openai/bench", true) },
  },
  {
    name: "stream burst, chat to Anthropic",
    floor: "S",
    limit: 3,
    load: { ...streamed, body: chatBody("anthropic/bench", true) },
  },
];

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** CPU microseconds of the serving process for one request. */
const measure = async (server: ServerProcess, load: Omit<Load, "url">): Promise<number> => {
  const before = await server.cpuMicros();
  await drive({ ...load, url: server.url });
  return ((await server.cpuMicros()) - before) / load.requests;
};

const upstream = await startProcess("./servers/upstream.ts", []);
const floor = await startProcess("./servers/floor.ts", [upstream.url]);
const gateway = await startProcess("./servers/gateway.ts", [upstream.url]);
let passed = true;
try {
  console.log(`CPU µs of the serving process per request, medians of ${rounds} rounds; Node ${process.version}`);
  console.log("scenario                             floor   gateway   ratio (min–max)      must");
  for (const { name, floor: kind, limit, load } of scenarios) {
    const floorLoad = { ...load, path: "/v1/chat/completions", body: chatBody("bench", kind === "S") };
    // A server runs for days, so what is measured is code that the compiler has settled on, which takes it a while.
    for (let round = 0; round < warmUpRounds; round++) {
      await measure(floor, floorLoad);
      await measure(gateway, load);
    }
    const floors: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round++) {
      floors.push(await measure(floor, floorLoad));
      ours.push(await measure(gateway, load));
    }
    const ratios = ours.map((value, index) => value / (floors[index] ?? Number.NaN));
    const ratio = median(ratios);
    if (ratio > limit) passed = false;
    console.log(
      `${name.padEnd(36)} ${median(floors).toFixed(0).padStart(5)} ${median(ours).toFixed(0).padStart(9)}   ` +
        `${ratio.toFixed(2)} ${kind} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`.padEnd(20) +
        ` ≤ ${limit} ${kind}${ratio > limit ? "  MISSED" : ""}`,
    );
  }
} finally {
  for (const server of [gateway, floor, upstream]) server.stop();
}
process.exitCode = passed ? 0 : 1;
