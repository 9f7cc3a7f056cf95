// #region stage
import { defineStage, tap, type Stage } from "@llm-gateway/core";

export const announce = (): Stage =>
  defineStage("announce", async (context, next) => {
    context.logger.debug(`${context.principal.id} asks for ${context.request.model}`);
    const reply = await next(); // everything inside: the rest of the path, and the provider
    return tap(reply, (event) => event.type === "reply-end" && context.span.setAttribute("finish", event.finishReason));
  });
// #endregion
