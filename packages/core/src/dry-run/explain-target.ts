import { estimateInputTokens } from "../chat/estimate.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import { requireValue, type Context } from "../pipeline/context.ts";
import { calleeOf } from "../providers/callee.ts";
import { callSettingsKey } from "../providers/call-settings.ts";
import { costOf, priceOf, type Model, type Price } from "../providers/catalog.ts";
import { registryKey } from "../providers/registry.ts";
import { droppedKey, writeRequest } from "../providers/write-request.ts";
import { withStandIns } from "./media-stand-ins.ts";
import type { Estimate, ExplainedRequest, ExplainedTarget } from "./explanation.ts";

const redacted = "[redacted]";

/** What a target would be sent. It is written without the provider's key, which is not even looked up. */
export const explainRequest = (
  context: Context,
  target: Target,
): { readonly request: ExplainedRequest; readonly dropped: readonly string[] } => {
  const callee = calleeOf(context, target);
  const { provider, dialect } = callee;
  const { unsupported } = requireValue(context, callSettingsKey);
  const key = provider.auth.type === "none" ? undefined : redacted;
  const { url, headers, body } = writeRequest(
    withStandIns(context, callee),
    target,
    provider,
    dialect,
    key,
    unsupported,
  );
  // A header that somebody configured may hold a secret as well.
  const configured = Object.keys(provider.headers).map((name) => [name, redacted]);
  return {
    request: {
      url,
      headers: { ...headers, ...Object.fromEntries(configured) },
      body: JSON.parse(Buffer.from(body).toString()),
    },
    dropped: context.get(droppedKey) ?? [],
  };
};

/** What is known of a target, and what it would take for this request. */
export const explainFacts = (
  context: Context,
  target: Target,
): Pick<ExplainedTarget, "target" | "price" | "contextWindow" | "estimate"> => {
  const { request } = context;
  const inputTokens = estimateInputTokens(request);
  const model = requireValue(context, registryKey).model(target);
  const price = model && priceOf(model, { inputTokens, serviceTier: request.serviceTier });
  return {
    target: target.id,
    ...(price === undefined ? {} : { price }),
    ...(model?.contextWindow === undefined ? {} : { contextWindow: model.contextWindow }),
    estimate: {
      inputTokens,
      ...(price === undefined ? {} : costRange(inputTokens, longestAnswer(request, model), price)),
    },
  };
};

const costRange = (inputTokens: number, longest: number, price: Price): Omit<Estimate, "inputTokens"> => ({
  minCostNanoUsd: costOf({ inputTokens, outputTokens: 0 }, price),
  ...(longest === Infinity ? {} : { maxCostNanoUsd: costOf({ inputTokens, outputTokens: longest }, price) }),
});

/** Tokens of the longest answer. Where reasoning is asked for, the request's own limit may be raised to make room. */
const longestAnswer = (request: ChatRequest, model: Model | undefined): number => {
  const asked = request.reasoning === undefined ? request.maxOutputTokens : undefined;
  return Math.min(asked ?? Infinity, model?.maxOutputTokens ?? Infinity) * (request.choiceCount ?? 1);
};
