import { estimateInputTokens } from "../../chat/estimate.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { rememberSource, sourceOf } from "../../chat/request.ts";
import { hasHistoryElsewhere } from "../../dialects/history-elsewhere.ts";
import type { Context } from "../../pipeline/context.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { checkLimits } from "./limits.ts";
import { resolveNormalizeOptions, type NormalizeOptions, type RequestDefaults } from "./options.ts";
import { settleToolTurns } from "./tool-turns.ts";
import type { Repair } from "./turn.ts";

export type { NormalizeOptions, RequestDefaults } from "./options.ts";

type RequestChange = { -readonly [K in keyof ChatRequest]?: ChatRequest[K] };

/**
 * Gives requests of every dialect one meaning: names behind aliases, defaults, limits, and a history in which every
 * tool call has its result. A request that needs none of it passes as the object it is.
 *
 * @throws TypeError where an option is wrong.
 *
 * @example
 * normalize({ aliases: { "gpt-4": "openai/gpt-5" }, defaults: { maxOutputTokens: 4096 } })
 */
export const normalize = (options: NormalizeOptions = {}): Stage => {
  const { aliases, defaults, limits, repair } = resolveNormalizeOptions(options);

  const changeOf = (request: ChatRequest, onRepair: (repair: Repair) => void): RequestChange | undefined => {
    let change: RequestChange | undefined = missingDefaults(request, defaults);
    const model = aliases.get(request.model);
    if (model !== undefined && model !== request.model) (change ??= {}).model = model;
    const routing = withAliases(request.routing, aliases);
    if (routing !== request.routing && routing !== undefined) (change ??= {}).routing = routing;
    const historyElsewhere = hasHistoryElsewhere(request);
    const messages = settleToolTurns(request.messages, { repair, historyElsewhere, onRepair });
    if (messages !== request.messages) (change ??= {}).messages = messages;
    return change;
  };

  return defineStage("normalize", (context, next) => {
    const { request } = context;
    checkLimits(request, limits);
    const repairs: Repair[] = [];
    const change = changeOf(request, (made) => repairs.push(made));
    report(context, repairs);
    return change === undefined ? next() : next({ request: changed(request, change) });
  });
};

const missingDefaults = (request: ChatRequest, defaults: RequestDefaults): RequestChange | undefined => {
  let missing: RequestChange | undefined;
  for (const name of Object.keys(defaults) as (keyof RequestDefaults)[]) {
    // Only known names are in the resolved defaults, each with a value of its own kind.
    if (request[name] === undefined) missing = { ...missing, [name]: defaults[name] };
  }
  return missing;
};

/** The same preferences where none of their models has an alias. */
const withAliases = (routing: ChatRequest["routing"], aliases: ReadonlyMap<string, string>): ChatRequest["routing"] => {
  const models = routing?.fallbackModels;
  if (models === undefined || !models.some((model) => aliases.has(model))) return routing;
  return { ...routing, fallbackModels: models.map((model) => aliases.get(model) ?? model) };
};

const changed = (request: ChatRequest, change: RequestChange): ChatRequest => {
  const result: ChatRequest = { ...request, ...change };
  const source = sourceOf(request);
  // The model is the one thing in a body that the provider call replaces anyway: under another name of the model the
  // original body is still the request, and goes through byte for byte.
  const isOnlyModel = Object.keys(change).every((field) => field === "model");
  if (source !== undefined && isOnlyModel) rememberSource(result, source);
  return result;
};

const report = ({ span, request }: Context, repairs: readonly Repair[]): void => {
  if (!span.isRecording()) return;
  span.setAttribute(attribute.requestMessages, request.messages.length);
  span.setAttribute(attribute.requestTools, request.tools?.length ?? 0);
  span.setAttribute(attribute.requestEstimatedTokens, estimateInputTokens(request));
  if (repairs.length > 0) span.setAttribute(attribute.repairs, [...new Set(repairs)]);
};
