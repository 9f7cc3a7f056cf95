/**
 * Twenty requests of different kinds on simulated providers, and where to see what became of each; then the server stays
 * up and is asked the same from time to time, so that the dashboard has something to show.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulator } from "@llm-gateway/simulator";
import { choosePort, urlOf, useSimulator } from "../simulated.ts";
import { samples, send, type Outcome, type Sample } from "./requests.ts";

const simulator = await startSimulator({ paceMs: 15 });
useSimulator(simulator);
Object.assign(process.env, {
  PORT: String(await choosePort()),
  OLLAMA_HOST: "127.0.0.1:9", // where nothing listens
});
const endpoint = (process.env.OTEL_EXPORTER_OTLP_ENDPOINT ??= "http://127.0.0.1:4318");
// On this machine there is no reason to wait long.
process.env.OTEL_EXPORTER_OTLP_TIMEOUT ??= "1000";
process.env.OTEL_METRIC_EXPORT_INTERVAL ??= "5000";

const { server } = await import("./server.ts");
if (!server.listening) await once(server, "listening");
const ended = new AbortController();
server.once("close", () => {
  ended.abort();
  void simulator.close();
});
const url = `${urlOf(server)}/v1`;

const answers = (address: string): Promise<boolean> =>
  fetch(address).then(
    () => true,
    () => false,
  );

const sendSample = (sample: Sample): Promise<Outcome> => {
  simulator.reset();
  if (sample.script !== undefined) simulator.script(sample.script);
  return send(url, sample);
};

if (!(await answers(endpoint)))
  console.warn(`Nobody takes traces at ${endpoint}: start Jaeger first, as examples/jaeger/README.md says.\n`);

const pages = process.env.JAEGER_URL ?? "http://127.0.0.1:16686";
for (const sample of samples) {
  const { status, traceId } = await sendSample(sample);
  console.log(`${sample.title.padEnd(56)} ${status}  ${traceId === undefined ? "–" : `${pages}/trace/${traceId}`}`);
}
console.log(`
The gateway stays up at ${url} and is asked the same again every 20 seconds. Ctrl-C ends it.`);

try {
  for (;;) {
    await sleep(20_000, undefined, { signal: ended.signal });
    for (const sample of samples) await sendSample(sample);
  }
} catch (error) {
  // What is under way when the server ends is nobody's concern any more.
  if (server.listening) throw error;
}
