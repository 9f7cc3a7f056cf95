/**
 * The gateway at work on simulated providers, with no key and no network: starts them, sends a few requests through
 * the official OpenAI client, shows what happened to each, and stays up.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startSimulator } from "@llm-gateway/simulator";
import OpenAI from "openai";
import { recordSpans, waterfall } from "./waterfall.ts";
import { steps, type Shown } from "./tour.ts";

const simulator = await startSimulator({ paceMs: 15 });
Object.assign(process.env, {
  OPENAI_API_KEY: "simulated",
  OPENAI_BASE_URL: `${simulator.url}/openai/v1`,
  ANTHROPIC_API_KEY: "simulated",
  ANTHROPIC_BASE_URL: `${simulator.url}/anthropic`,
  GEMINI_API_KEY: "simulated",
  GEMINI_BASE_URL: `${simulator.url}/gemini/v1beta`,
});
recordSpans();

// Imported only now: the app takes its providers from the environment.
const { createApp } = await import("./app.ts");
const { app } = createApp();

/** The usual port where it is free, else any other. */
const listen = async (port: number): Promise<string> => {
  const server = createServer(app);
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if (port === 0) throw error;
    return listen(0);
  }
  // The address of a server that listens on a TCP port is never a string.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const url = await listen(Number(process.env["PORT"] ?? 3000));
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "local", maxRetries: 0 });

const headerLine = ({ headers }: Shown): string =>
  ["target", "attempts", "cache", "cost"]
    .map((name) => [name, headers.get(`x-llm-gateway-${name}`)] as const)
    .flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]))
    .join(" · ");

let failedOver = "";
for (const { title, run } of steps) {
  const shown = await run(client);
  console.log(`\n${title}\n  ${shown.text.replaceAll("\n", "\n  ")}\n  ${headerLine(shown)}`);
  if (shown.headers.get("x-llm-gateway-attempts") === "3")
    failedOver = shown.headers.get("x-llm-gateway-trace-id") ?? "";
}

console.log(`\nThe request that was failed over, stage by stage:\n\n${waterfall(failedOver)}`);
console.log(`
The gateway stays up at ${url}/v1 — any OpenAI or Anthropic client can talk to it:

  curl ${url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{"model": "fast", "messages": [{"role": "user", "content": "Hello"}]}'

Ctrl-C ends it.`);
