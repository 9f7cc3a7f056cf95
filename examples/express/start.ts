/**
 * The gateway at work on simulated providers, with no key and no network: starts them, sends a few requests through
 * the official OpenAI client, shows what happened to each, and stays up.
 */
import { once } from "node:events";
import { startSimulator } from "@llm-gateway/simulator";
import OpenAI from "openai";
import { choosePort, urlOf, useSimulator } from "../simulated.ts";
import { steps, type Shown } from "./tour.ts";

const simulator = await startSimulator({ paceMs: 15 });
useSimulator(simulator);

// Imported only now: the app takes its providers from the environment.
const { createApp } = await import("./app.ts");
let drawing = "";
const { app, llm } = createApp({ debug: (drawn) => void (drawing = drawn) });
const server = app.listen(await choosePort(), "127.0.0.1");
await once(server, "listening");
server.once("close", () => void simulator.close());
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    void llm.close().then(() => server.closeIdleConnections());
  });
}

const url = urlOf(server);
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
  if (shown.headers.get("x-llm-gateway-attempts") === "3") failedOver = drawing;
}

console.log(`\nThe request that was failed over, stage by stage:\n\n${failedOver}`);
console.log(`
The gateway stays up at ${url}/v1 — any OpenAI or Anthropic client can talk to it:

  curl ${url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '{"model": "fast", "messages": [{"role": "user", "content": "Hello"}]}'

Ctrl-C ends it, after the answers that are under way.`);
