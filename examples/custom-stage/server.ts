import { insertAfter } from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/express";
import express from "express";
import { plan } from "./plan.ts";
import { findUser, logIn } from "./users.ts";

const app = express();

// The host's own log-in, which knows nothing of the gateway.
app.use((request, response, next) => {
  const [, key = ""] = request.get("authorization")?.split(" ") ?? [];
  response.locals.user = logIn(key);
  next();
});

const llm = llmGateway({
  models: { assistant: ["anthropic/claude-sonnet-4-5", "openai/gpt-5-mini"] },
  authenticate: ({ raw }) => raw.res?.locals.user,
  stages: (defaults) => insertAfter(defaults, "route", plan()),
});
app.use(llm);

app.get("/me", (_, response) => {
  response.json(findUser(response.locals.user?.id));
});

export const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    void llm.close().then(() => server.closeIdleConnections());
  });
}
