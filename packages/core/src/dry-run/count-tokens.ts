import { estimateInputTokens } from "../chat/estimate.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import type { Engine } from "../engine.ts";
import { GatewayError, UpstreamError } from "../errors.ts";
import { compose, type Handler } from "../pipeline/compose.ts";
import type { Context } from "../pipeline/context.ts";
import { countAtProvider, type ProviderCount } from "../providers/count.ts";
import { goOn } from "./go-on.ts";
import { createDryContext, failureOf, type Asker } from "./run-dry.ts";

/** How many tokens a request is. */
export interface TokenCount {
  readonly inputTokens: number;
  /** Whose tokens are counted. */
  readonly target?: Target;
  /** The provider's own words, where it was asked; absent from an estimate. */
  readonly answer?: ProviderCount["answer"];
}

/** Stops the walk along the targets: the first one that the request can be put to is enough. */
const isCounted = new GatewayError("upstream_unreachable", "The tokens are counted.", { retries: 0, fallback: false });

/**
 * Counts the tokens of a request as its first target would. The way there is a dry run: the stages may refuse or change
 * the request as they would any other, and nothing is booked, stored or traced. Where the provider cannot be asked, or
 * fails, its tokens are estimated.
 *
 * @throws GatewayError what a stage refuses the request with; `client_closed`, `shutting_down`.
 */
export const countTokens = async (engine: Engine, request: ChatRequest, asker: Asker): Promise<TokenCount> => {
  if (engine.draining()) throw new GatewayError("shutting_down", "The gateway is shutting down.");
  let count: TokenCount | undefined;
  const innermost: Handler = async (context) => {
    count ??= await countFor(context);
    throw isCounted;
  };
  const stages = engine.options.stages.map((stage) => goOn(stage));
  const context = createDryContext(engine, request, asker);
  const failure = await failureOf(compose(stages, innermost), context, asker.signal);
  if (count !== undefined) return count;
  if (failure !== undefined) throw failure;
  // A stage has an answer for requests that lead nowhere.
  return { inputTokens: estimateInputTokens(request) };
};

const countFor = async (context: Context): Promise<TokenCount> => {
  const { target, request } = context;
  const counted = await countAtProvider(context).catch((error: unknown) => {
    context.cancellation.throwIfCancelled();
    // What the request itself is refused for holds for the answer as well, and another target may take it.
    if (!(error instanceof UpstreamError)) throw error;
    context.logger.warn("A provider could not count tokens, so they are estimated.", {
      requestId: context.id,
      target: target?.id,
      // Its words may hold a piece of the prompt.
      error: error.code,
    });
    return undefined;
  });
  return {
    ...(counted ?? { inputTokens: estimateInputTokens(request) }),
    ...(target === undefined ? {} : { target }),
  };
};
