// First, so that it sees everything after it being loaded.
import { stopTelemetry } from "./telemetry.ts";
import { cache, denyPatterns, guardrail, pii, retry, type Stage } from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/express";
import express from "express";

const users = new Map([
  ["ada-key", { id: "ada", tenant: "acme" }],
  ["bob-key", { id: "bob", tenant: "globex" }],
]);

/** The default stages, some of them with options. */
const configure = (stage: Stage): Stage => {
  switch (stage.name) {
    case "guardrail":
      return guardrail({
        rules: [
          pii(),
          denyPatterns({ name: "competitors", patterns: ["Initech"], action: "flag" }),
          denyPatterns({ name: "secrets", patterns: ["project nightjar"] }),
        ],
      });
    case "cache":
      return cache({ ttlMs: 10_000 });
    case "retry":
      return retry({ baseDelayMs: 50, overloadBaseDelayMs: 100 });
    default:
      return stage;
  }
};

const llm = llmGateway({
  models: {
    fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
    // A model of one's own, with a hosted one behind it.
    house: ["ollama/llama3.2", "anthropic/claude-haiku-4-5"],
  },
  authenticate: ({ credential = "" }) => users.get(credential),
  stages: (defaults) => defaults.map(configure),
  health: { breaker: { connectionFailures: 2 } },
  telemetry: { metricLabels: ["user"] },
});

export const server = express()
  .use(llm)
  .listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
server.once("close", () => void stopTelemetry());

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    void llm.close().then(() => server.closeIdleConnections());
  });
}
