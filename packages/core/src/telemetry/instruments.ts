import {
  ValueType,
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type ObservableGauge,
  type UpDownCounter,
} from "@opentelemetry/api";
import type { Usage } from "../chat/usage.ts";
import type { Semconv } from "./options.ts";
import { attribute, metric } from "./semconv.ts";

/** Everything the gateway measures with. */
export interface Instruments {
  readonly activeRequests: UpDownCounter;
  readonly requestDuration: Histogram;
  readonly requestTimeToFirstChunk: Histogram;
  readonly stageDuration: Histogram;
  readonly attempts: Counter;
  readonly cacheLookups: Counter;
  readonly cacheSavedTokens: Counter;
  readonly guardrailVerdicts: Counter;
  readonly cost: Counter;
  readonly breakerState: ObservableGauge;
  readonly inferenceDuration: Histogram;
  readonly inferenceTimeToFirstChunk: Histogram;
  readonly inferenceTimePerOutputChunk: Histogram;
  /** Records the tokens of one inference, in the shape of the chosen conventions. */
  readonly recordTokens: (usage: Usage, labels: Attributes) => void;
}

// 10 ms to 82 s, and 1 to 67,108,864 tokens: the boundaries of the GenAI conventions.
const requestSeconds = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const tokens = Array.from({ length: 14 }, (_, power) => 4 ** power);
// A stage takes microseconds, or as long as what it asks over the network.
const stageSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes the instruments; their names for inferences and tokens are those of the chosen conventions. */
export const createInstruments = (meter: Meter, semconv: Semconv): Instruments => {
  const duration = (name: string, description: string, boundaries = requestSeconds): Histogram =>
    meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: boundaries } });
  const inference = metric.inference[semconv];
  return {
    activeRequests: meter.createUpDownCounter(metric.requestActive, {
      description: "Requests under way.",
      unit: "{request}",
      valueType: ValueType.INT,
    }),
    requestDuration: duration(metric.requestDuration, "From a client's request to the end of its answer."),
    requestTimeToFirstChunk: duration(
      metric.requestTimeToFirstChunk,
      "From a client's request to the first content written to it.",
    ),
    stageDuration: duration(metric.stageDuration, "One phase of one stage.", stageSeconds),
    attempts: counter(meter, metric.attempts, "attempt", "Calls to providers."),
    cacheLookups: counter(meter, metric.cacheLookups, "lookup", "Requests that came to the cache."),
    cacheSavedTokens: counter(meter, metric.cacheSavedTokens, "token", "Tokens of answers that came from the cache."),
    guardrailVerdicts: counter(meter, metric.guardrailVerdicts, "verdict", "What guardrails decided."),
    cost: meter.createCounter(metric.cost, { description: "What providers charge.", unit: "{USD}" }),
    breakerState: meter.createObservableGauge(metric.breakerState, {
      description: "0 closed, 1 half-open, 2 open.",
      valueType: ValueType.INT,
    }),
    inferenceDuration: duration(inference.duration, "One target's answer, its retries included."),
    inferenceTimeToFirstChunk: duration(inference.timeToFirstChunk, "From the call to the first chunk of its stream."),
    inferenceTimePerOutputChunk: duration(inference.timePerOutputChunk, "From one chunk of a stream to the next."),
    recordTokens: semconv === "next" ? createTokenCounters(meter) : createTokenHistogram(meter),
  };
};

const counter = (meter: Meter, name: string, unit: string, description: string): Counter =>
  meter.createCounter(name, { description, unit: `{${unit}}`, valueType: ValueType.INT });

const createTokenHistogram = (meter: Meter): Instruments["recordTokens"] => {
  const usage = meter.createHistogram(metric.tokenUsage, {
    description: "Tokens of one inference.",
    unit: "{token}",
    valueType: ValueType.INT,
    advice: { explicitBucketBoundaries: tokens },
  });
  return ({ inputTokens, outputTokens }, labels) => {
    usage.record(inputTokens, { ...labels, [attribute.genAiTokenType]: "input" });
    usage.record(outputTokens, { ...labels, [attribute.genAiTokenType]: "output" });
  };
};

const createTokenCounters = (meter: Meter): Instruments["recordTokens"] => {
  const names = metric.tokens;
  const input = counter(meter, names.input, "token", "Input tokens, cached ones included.");
  const output = counter(meter, names.output, "token", "Output tokens, those of reasoning included.");
  const cacheRead = counter(meter, names.cacheRead, "token", "Input tokens read from the provider's prompt cache.");
  const cacheWrite = counter(meter, names.cacheWrite, "token", "Input tokens written to the provider's prompt cache.");
  const reasoning = counter(meter, names.reasoning, "token", "Output tokens of reasoning.");
  return (usage, labels) => {
    // The successor wants to know text from audio and images; the totals of a usage do not tell them apart.
    const all = { ...labels, [attribute.genAiTokenModality]: "unknown" };
    input.add(usage.inputTokens, all);
    output.add(usage.outputTokens, all);
    if (usage.cacheReadTokens !== undefined) cacheRead.add(usage.cacheReadTokens, all);
    if (usage.cacheWriteTokens !== undefined) cacheWrite.add(usage.cacheWriteTokens, all);
    if (usage.reasoningTokens !== undefined) reasoning.add(usage.reasoningTokens, all);
  };
};
