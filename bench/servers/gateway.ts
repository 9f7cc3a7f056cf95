import { allowAnyone, anthropic, openai } from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/express";
import express from "express";
import { serve } from "../serve.ts";

/** The gateway as a user mounts it, with its seven default stages and no telemetry SDK. */
const [, , upstream = ""] = process.argv;
const app = express();
app.use(
  llmGateway({
    providers: [
      openai({ baseURL: `${upstream}/v1`, apiKey: "bench" }),
      anthropic({ baseURL: `${upstream}/v1`, apiKey: "bench" }),
    ],
    authenticate: allowAnyone(),
  }),
);

serve(app);
