import { defineStage, GatewayError, spentKey, type Stage } from "@llm-gateway/core";
import { findUser, spendTokens, type User } from "./users.ts";

const providers: Record<User["plan"], readonly string[]> = {
  free: ["openai"],
  pro: ["anthropic", "openai"],
};

/** Lets users ask the providers of their plan, as long as they have tokens left. Its place is inside `route`. */
export const plan = (): Stage =>
  defineStage("plan", async (context, next) => {
    // The principal is whom the host's own log-in found; what it knows of them is in its database.
    const user = findUser(context.principal.id);
    if (user === undefined || user.tokensLeft <= 0)
      throw new GatewayError("budget_exceeded", "Your tokens are used up: a larger plan has more.");

    const targets = context.targets.filter(({ provider }) => providers[user.plan].includes(provider));
    if (targets.length === 0)
      throw new GatewayError("model_not_found", `Your plan, ${user.plan}, has no ${context.request.model}.`);

    const reply = await next({ targets });
    // Once for each answer, however it is left: read to its end, given up or broken.
    reply.finished.add(() => {
      const spent = context.get(spentKey);
      if (spent !== undefined) spendTokens(user.id, spent.usage.inputTokens + spent.usage.outputTokens);
    });
    return reply;
  });
