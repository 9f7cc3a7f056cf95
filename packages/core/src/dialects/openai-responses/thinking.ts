import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { effortFor } from "../effort.ts";
import { present } from "../fields.ts";
import { refusesReasoning } from "../reasoning.ts";
import type { EncodeScope } from "./encode-scope.ts";

/** Whether a model reasons: as the catalog says, or else as the client takes for granted. */
export const reasons = ({ reasoning }: ChatRequest, { info }: BackTarget): boolean =>
  info?.capabilities?.includes("reasoning") ?? reasoning !== undefined;

/**
 * How hard the model is to think, and whether it is to tell. Thoughts are told where they are asked for only, and
 * accounts that are not verified may not ask: so a client asks who says that it wants to see them.
 */
export const encodeThinking = (request: ChatRequest, target: BackTarget, { isOwn, losses }: EncodeScope): Json => {
  const { reasoning } = request;
  if (reasoning === undefined) return {};
  const isShown = !isOwn && reasoning.exclude === false && !refusesReasoning(reasoning) && reasons(request, target);
  return present({
    summary: isShown ? "auto" : undefined,
    effort: effortFor(reasoning, target.quirks.efforts, losses),
  });
};
