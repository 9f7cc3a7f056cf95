/**
 * What the gateway costs over plain servers that do the least one can do: CPU of the serving process, floor and gateway
 * in turn in one run, so that a machine whose speed drifts drifts for both. Absolute figures belong to the machine;
 * the ratios are what is promised.
 *
 * They are driven at the same pace and flat out. Flat out, the faster server keeps its neighbours awake while the slower
 * one has to wake them with every write, and pays for it; the limit is meant for both.
 *
 * Usage: npm run bench [-- --rounds 7 --requests 3000], with seven times as many rounds flat out
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
  readonly load: Omit<Required<Load>, "url">;
}

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, requests: { type: "string", default: "3000" } },
});
const rounds = Number(values.rounds);
const requests = Number(values.requests);

const whole = { path: "/v1/chat/completions", connections: 32, requests, pace: 3000 };
const streamed = { path: "/v1/chat/completions", connections: 16, requests: Math.ceil(requests / 5), pace: 600 };

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

/** What that share of the numbers is not above. */
const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN;
const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

/** CPU microseconds of the serving process for one request. */
const measure = async (server: ServerProcess, load: Omit<Load, "url">): Promise<number> => {
  const before = await server.cpuMicros();
  await drive({ ...load, url: server.url });
  return ((await server.cpuMicros()) - before) / load.requests;
};

interface Comparison {
  readonly floor: number;
  readonly gateway: number;
  /** Of each round. */
  readonly ratios: readonly number[];
}

const upstream = await startProcess("./servers/upstream.ts", []);
const floor = await startProcess("./servers/floor.ts", [upstream.url]);
const gateway = await startProcess("./servers/gateway.ts", [upstream.url]);

const compare = async (load: Omit<Load, "url">, floorBody: string, count: number): Promise<Comparison> => {
  const floors: number[] = [];
  const ours: number[] = [];
  const measureFloor = async (): Promise<void> =>
    void floors.push(await measure(floor, { ...load, path: "/v1/chat/completions", body: floorBody }));
  const measureOurs = async (): Promise<void> => void ours.push(await measure(gateway, load));
  for (let round = 0; round < count; round++) {
    // Whoever follows the other finds its neighbours as that one left them, so they take turns in that as well.
    for (const one of round % 2 === 0 ? [measureFloor, measureOurs] : [measureOurs, measureFloor]) await one();
  }
  const ratios = ours.map((value, index) => value / (floors[index] ?? Number.NaN));
  return { floor: median(floors), gateway: median(ours), ratios };
};

const row = (...cells: readonly string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(34) : cell.padStart(index % 3 === 0 ? 19 : 9))).join("");
const micros = (value: number): string => value.toFixed(0);
const spread = (ratios: readonly number[]): string => {
  const [low = "", middle = "", high = ""] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  return `${middle} (${low}–${high})`;
};

let passed = true;
try {
  console.log(
    `CPU µs of the serving process per request, medians of the rounds and their middle half; Node ${process.version}`,
  );
  console.log(row("at the same pace | flat out", "floor", "gateway", "ratio", "floor", "gateway", "ratio", "must"));
  for (const { name, floor: kind, limit, load } of scenarios) {
    const { pace: _, ...flatOut } = load;
    const floorBody = chatBody("bench", kind === "S");
    // A server runs for days, so what is measured is code that the compiler has settled on: that takes it tens of
    // thousands of requests.
    await compare({ ...flatOut, requests }, floorBody, 10);
    const paced = await compare(load, floorBody, rounds);
    // Flat out a round is over in a moment, in which whatever else the machine does shows: it takes many more of them.
    const busy = await compare(flatOut, floorBody, rounds * 7);
    const missed = Object.entries({ "at the same pace": paced, "flat out": busy })
      .filter(([, { ratios }]) => median(ratios) > limit)
      .map(([how]) => how);
    if (missed.length > 0) passed = false;
    const cells = [paced, busy].flatMap((found) => [micros(found.floor), micros(found.gateway), spread(found.ratios)]);
    console.log(
      `${row(name, ...cells, `≤ ${limit} ${kind}`)}${missed.length > 0 ? `  MISSED ${missed.join(", ")}` : ""}`,
    );
  }
} finally {
  for (const server of [gateway, floor, upstream]) server.stop();
}
process.exitCode = passed ? 0 : 1;
