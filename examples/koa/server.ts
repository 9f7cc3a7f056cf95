import { memoryLedger } from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/koa";
import Koa from "koa";

const users = new Map([["Bearer ada-key", { id: "ada" }]]);

const app = new Koa();

// The host's own log-in, which knows nothing of the gateway.
app.use(async (ctx, next) => {
  ctx.state.user = users.get(ctx.get("authorization"));
  await next();
});

const ledger = memoryLedger();
const llm = llmGateway({
  authenticate: ({ raw }) => raw.state.user,
  stores: { ledger },
});
app.use(llm);

// What is not the gateway's goes on to the rest of the app: here a page that says what was spent.
app.use((ctx) => {
  const { calls, costNanoUsd } = ledger.totals();
  ctx.body = `${calls} calls, ${Number(costNanoUsd) / 1e9} dollars`;
});

export const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    void llm.close().then(() => server.closeIdleConnections());
  });
}
