import { isDeeperThan } from "./json.ts";
import { faultOfModel } from "./faults/fault-name.ts";
import { findFault, type RequestedFault } from "./faults/fault-table.ts";
import type { FaultScene } from "./faults/fault.ts";
import type { Answer } from "./model/answer.ts";
import type { Dice } from "./model/dice.ts";
import type { PromptCache } from "./model/prompt-cache.ts";
import { countUsage, think } from "./model/think.ts";
import { firstTokens, countTokens } from "./model/tokens.ts";
import { promptTokens } from "./model/usage.ts";
import { refuse, Refusal, type Problem } from "./problem.ts";
import type { Ask, Call, Provider } from "./providers/provider.ts";
import { answerOfReply } from "./script-plan.ts";
import type { Behaviour, ScriptList } from "./script-list.ts";
import { jsonPlan, streamPlan, withHeaders, type Plan } from "./wire/plan.ts";

/** The memory that exchanges share. */
export interface Memory {
  readonly scripts: ScriptList;
  readonly promptCache: PromptCache;
  /** How often each fault with a number of times has struck. */
  readonly strikes: Map<string, number>;
}

/** One request, and everything that is needed to decide on its answer. */
export interface Exchange {
  readonly provider: Provider;
  readonly call: Call;
  readonly memory: Memory;
  /** Draws the ids of this request; every request has its own. */
  readonly dice: Dice;
}

const problemPlan = ({ provider, dice }: Exchange, problem: Problem): Plan => {
  const { status, headers, body } = provider.error(problem, dice);
  return jsonPlan(status, { ...provider.headers(dice), ...headers }, body);
};

const writeAnswer = ({ provider, call, dice }: Exchange, ask: Ask, answer: Answer, shape?: "whole" | "stream"): Plan =>
  shape === "stream" || (shape === undefined && provider.isStreaming(call))
    ? streamPlan({ ...provider.headers(dice), ...provider.streamHeaders(call) }, ask.stream(answer))
    : jsonPlan(200, provider.headers(dice), ask.whole(answer));

const embedPlan = ({ provider, call, dice }: Exchange): Plan =>
  jsonPlan(200, provider.headers(dice), provider.embed?.(call));

const answerPlan = (exchange: Exchange, shape?: "whole" | "stream"): Plan => {
  const { provider, call, memory } = exchange;
  if (call.route.action === "embed") return embedPlan(exchange);
  provider.refuseUnknownFields(call);
  const ask = provider.read(call);
  const answer = think(ask.prompt, memory.promptCache.read(ask.prompt));
  return writeAnswer(exchange, ask, answer, shape);
};

/** The answer, or what is left of it, after the content filter has struck. */
const filteredPlan = (exchange: Exchange, when: "before" | "half-way"): Plan => {
  if (exchange.call.route.action === "embed") return problemPlan(exchange, { kind: "content-filter" });
  const ask = exchange.provider.read(exchange.call);
  const input = exchange.memory.promptCache.read(ask.prompt);
  const answer = think(ask.prompt, input);
  const choices = answer.choices.map((choice) => {
    const text = when === "before" ? "" : firstTokens(choice.text, Math.ceil(countTokens(choice.text) / 2));
    return { ...choice, reasoning: "", text, calls: [], finish: "content-filter" as const, stopSequence: null };
  });
  return writeAnswer(exchange, ask, { ...answer, choices, usage: countUsage(input, choices) });
};

const faultPlan = (exchange: Exchange, { fault, options }: RequestedFault): Plan => {
  const { provider, call, dice } = exchange;
  const scene: FaultScene = {
    provider,
    streaming: provider.isStreaming(call),
    options,
    answer: (shape) => answerPlan(exchange, shape),
    filtered: (when) => filteredPlan(exchange, when),
    problem: (problem) => problemPlan(exchange, problem),
    problemBody: (problem) => provider.error(problem, dice).body,
  };
  return fault.plan(scene);
};

const scriptPlan = (exchange: Exchange, behaviour: Behaviour): Plan => {
  if (behaviour.type === "plan") return behaviour.plan;
  if (behaviour.type === "fault") return faultPlan(exchange, behaviour.fault);
  const ask = exchange.provider.read(exchange.call);
  const input = exchange.memory.promptCache.read(ask.prompt);
  return writeAnswer(exchange, ask, answerOfReply(behaviour.reply, ask.prompt, input));
};

const mostCounted = 10_000;

/** The fault that the header or the model name asks for, unless it has struck as often as it should. */
const requestedFault = ({ provider, call, memory }: Exchange): RequestedFault | undefined => {
  const header = call.headers["x-simulator-fault"];
  const model = provider.model(call);
  const text = typeof header === "string" ? header.replace(/^fault:/u, "") : faultOfModel(model);
  if (text === undefined) return undefined;
  let found: RequestedFault;
  try {
    found = findFault(text);
  } catch (error) {
    if (error instanceof TypeError) return refuse(error.message, "model");
    throw error;
  }
  if (found.times === Infinity) return found;
  const key = JSON.stringify([provider.id, model, text]);
  const struck = memory.strikes.get(key) ?? 0;
  if (struck >= found.times) return undefined;
  if (memory.strikes.size >= mostCounted) memory.strikes.clear();
  memory.strikes.set(key, struck + 1);
  return found;
};

const requestedPlan = (exchange: Exchange): Plan => {
  const fault = requestedFault(exchange);
  return fault === undefined ? answerPlan(exchange) : faultPlan(exchange, fault);
};

/** Deeper bodies are refused: nothing a model is asked needs them, and they could exhaust the stack. */
const greatestDepth = 200;

const planAction = (exchange: Exchange): Plan => {
  const { provider, call, dice, memory } = exchange;
  if (isDeeperThan(call.body, greatestDepth)) return refuse("The request body is nested too deeply.");
  const { route } = call;
  const { action } = route;
  const behaviour =
    action === "chat" || action === "embed"
      ? memory.scripts.take(provider.id, provider.model(call), action === "chat")
      : undefined;
  if (behaviour !== undefined) return scriptPlan(exchange, behaviour);
  if ((provider.key(call) ?? "") === "") return problemPlan(exchange, { kind: "missing-key" });
  switch (action) {
    case "chat":
    case "embed":
      return requestedPlan(exchange);
    case "count": {
      const { prompt } = provider.read(call);
      return jsonPlan(200, provider.headers(dice), provider.count?.(promptTokens(prompt.blocks)));
    }
    case "models":
      return jsonPlan(
        200,
        provider.headers(dice),
        provider.listModels(provider.listedModels.map(provider.describeModel)),
      );
    case "model":
      return jsonPlan(200, provider.headers(dice), provider.describeModel(route.model ?? ""));
  }
};

/** Decides what happens on the wire for one request. A script comes first, then the key, then a fault, then the answer. */
export const planExchange = (exchange: Exchange): Plan => {
  try {
    return planAction(exchange);
  } catch (error) {
    if (error instanceof Refusal) return problemPlan(exchange, error.problem);
    throw error;
  }
};

/** A body that was too large to be read; the rest of it is not waited for. */
export const tooLargePlan = (exchange: Exchange): Plan =>
  withHeaders(problemPlan(exchange, { kind: "too-large" }), { connection: "close" });
