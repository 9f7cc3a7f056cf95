// #region options
import { cache, denyPatterns, guardrail, insertBefore, pii, retry, type Stage } from "@llm-gateway/core";
import { llmGateway, type ExpressOptions, type GatewayMiddleware } from "@llm-gateway/express";
import express, { type Express } from "express";
import { announce } from "./announce.ts";

export const createApp = ({ debug = false }: Pick<ExpressOptions, "debug"> = {}): Example => {
  const app = express();
  const llm = llmGateway({
    debug, // draws each request, stage by stage
    models: {
      // Names that clients may ask for. In a list, each is the fallback of the one before it.
      fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
      sturdy: ["openai/fault:503", "anthropic/claude-haiku-4-5"],
    },
    stages: (defaults) => insertBefore(defaults.map(configure), "route", announce()),
  });
  app.use(llm);
  return { app, llm };
};

interface Example {
  readonly app: Express;
  readonly llm: GatewayMiddleware;
}

/** The default stages, some of them with options. */
const configure = (stage: Stage): Stage => {
  switch (stage.name) {
    case "guardrail":
      return guardrail({ rules: [pii(), denyPatterns({ patterns: ["project nightjar"] })] });
    case "cache":
      return cache({ ttlMs: 60_000 });
    case "retry":
      return retry({ baseDelayMs: 50, overloadBaseDelayMs: 100 });
    default:
      return stage;
  }
};
// #endregion
