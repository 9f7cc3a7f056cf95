import type { ChatRequest } from "../chat/request.ts";
import type { BackDialect } from "../dialects/dialect.ts";
import { GatewayError } from "../errors.ts";
import type { Provider } from "./provider.ts";

/**
 * The dialect in which a provider is asked for this, of this model.
 *
 * @throws GatewayError `model_not_found` where it offers no such thing.
 */
export const dialectOf = (provider: Provider, model: string, request: ChatRequest): BackDialect => {
  if (request.operation !== "embeddings") return provider.dialectOfModel?.(model, request) ?? provider.dialect;
  if (provider.embeddings !== undefined) return provider.embeddings;
  throw new GatewayError("model_not_found", `${provider.id} offers no embeddings; ask another provider for them.`, {
    param: "model",
  });
};
