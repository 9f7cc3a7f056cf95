import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import { GatewayError } from "../errors.ts";
import type { Principal } from "../pipeline/context.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import { receive, type ReceiveLimits } from "./receive.ts";
import { recallFor, type Keeper } from "./responses/keeper.ts";
import type { CountRoute } from "./routes.ts";
import { requestIdHeaders } from "./request-id-headers.ts";
import { headerSafe, sendJson } from "./send-json.ts";

/** Counts the tokens of a request. */
export type Count = (
  request: ChatRequest,
  asker: { readonly principal: Principal; readonly requestId: string; readonly signal: AbortSignal },
) => Promise<{
  readonly inputTokens: number;
  readonly target?: Target;
  /** What the provider said, as it came; absent where nobody was asked. */
  readonly answer?: { readonly dialect: string; readonly body: Uint8Array };
}>;

/** Answers how many tokens a request is, in the dialect that was asked. */
export const serveCount = async (
  { count, limits, keeper }: { readonly count: Count; readonly limits: ReceiveLimits; readonly keeper: Keeper },
  { dialect, address }: CountRoute,
  incoming: Incoming,
  outgoing: Outgoing,
  principal: Principal,
  requestId: string,
): Promise<void> => {
  const request = await receive(incoming, dialect, limits, address, recallFor(keeper, dialect, principal));
  const left = new AbortController();
  outgoing.onClose(() => left.abort(new GatewayError("client_closed", "The client closed the connection.")));
  const { inputTokens, target, answer } = await count(request, { principal, requestId, signal: left.signal });
  const body = answer?.dialect === dialect.id ? answer.body : dialect.encodeCount(inputTokens);
  sendJson(outgoing, incoming.method, 200, body, {
    ...requestIdHeaders(dialect, requestId),
    ...(target === undefined ? {} : { "x-llm-gateway-target": headerSafe(target.id) }),
    ...(answer === undefined ? { "x-llm-gateway-estimated": "true" } : {}),
  });
};
