import type { Attributes, ObservableResult } from "@opentelemetry/api";
import { createTarget, type Target } from "../chat/target.ts";
import type { Operation } from "../chat/request.ts";
import type { Principal } from "../pipeline/context.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import type {
  ActiveRequests,
  AnswererFacts,
  AttemptMeasure,
  CacheFacts,
  CostMeasure,
  InferenceMeasure,
  RequestMeasure,
  StageMeasure,
  VerdictMeasure,
} from "./measures.ts";
import type { Semconv } from "./options.ts";
import { createPerMeter } from "./per-meter.ts";
import { safely } from "./safely.ts";
import { attribute } from "./semconv.ts";

export interface MetricsSettings {
  readonly semconv: Semconv;
  /** Tells requests, inferences and cost apart by these as well. */
  readonly labels: readonly ("tenant" | "user")[];
  /** Every breaker there is, asked for whenever somebody collects. */
  readonly breakers: () => Iterable<{
    readonly provider: string;
    readonly model: string;
    readonly state: "closed" | "half-open" | "open";
  }>;
  /** Whether configuration or catalog name this model. Clients may ask for others: those share one label. */
  readonly isKnownModel: (target: Target) => boolean;
  /** Whether configuration or catalog have this name for a model, as clients write it. */
  readonly isKnownRoute: (name: string) => boolean;
}

/**
 * Measures what the gateway does. Whatever is not a number must be a word of the gateway's own or a name from its
 * configuration, as every value is a time series; models and routes are checked here. Nothing throws.
 */
export interface Metrics {
  /** Whether anybody records; cheap enough to ask for every request. While it is `false`, facts need not be gathered. */
  readonly enabled: () => boolean;
  /** A request is under way. What it returns belongs into `requestEnded`: another SDK may be registered by then. */
  readonly requestStarted: (operation: Operation) => ActiveRequests | undefined;
  readonly requestEnded: (facts: RequestMeasure) => void;
  readonly stage: (facts: StageMeasure) => void;
  /** One call to a provider. */
  readonly attempt: (facts: AttemptMeasure) => void;
  /** One target's answer, or its final failure. */
  readonly inference: (facts: InferenceMeasure) => void;
  /** Begins to measure the chunks of a stream: what it returns takes the seconds between each and the one before it. */
  readonly chunks: (facts: AnswererFacts) => (seconds: number) => void;
  readonly cache: (facts: CacheFacts) => void;
  readonly verdict: (facts: VerdictMeasure) => void;
  readonly cost: (facts: CostMeasure) => void;
  /** No longer tells of the breakers. What is still under way is measured to its end. */
  readonly close: () => void;
}

/** The label of what only a client named. */
const other = "_OTHER";

const ignore = (): void => undefined;

const breakerLevel = { closed: 0, "half-open": 1, open: 2 } as const;

const operationLabels = (operation: string): Attributes => ({ [attribute.operation]: operation });

/** Makes the gateway's metrics; without an SDK they do nothing. */
export const createMetrics = ({ semconv, labels, breakers, isKnownModel, isKnownRoute }: MetricsSettings): Metrics => {
  const byTenant = labels.includes("tenant");
  const byUser = labels.includes("user");

  const callerLabels = (caller: Principal | undefined): Attributes => ({
    [attribute.tenant]: byTenant ? caller?.tenant : undefined,
    [attribute.userId]: byUser ? caller?.id : undefined,
  });

  const targetLabels = (target: Target): Attributes => ({
    [attribute.provider]: target.provider,
    [attribute.model]: isKnownModel(target) ? target.model : other,
  });

  const answererLabels = (facts: AnswererFacts): Attributes => {
    const { operation, target, providerName, responseModel, serverAddress, principal } = facts;
    const isKnown = isKnownModel(target);
    return known({
      ...callerLabels(principal),
      [attribute.genAiOperation]: operation,
      [attribute.genAiProvider]: providerName,
      [attribute.genAiRequestModel]: isKnown ? target.model : other,
      // A provider may answer with the very name it was asked for.
      [attribute.genAiResponseModel]: isKnown || responseModel === undefined ? responseModel : other,
      [attribute.serverAddress]: serverAddress,
    });
  };

  const observeBreakers = (result: ObservableResult): void => {
    // Models that only clients named share a label: the worst of them is told.
    const others = new Map<string, number>();
    for (const { provider, model, state } of breakers()) {
      const target = createTarget(provider, model);
      const level = breakerLevel[state];
      if (isKnownModel(target)) result.observe(level, targetLabels(target));
      else others.set(provider, Math.max(level, others.get(provider) ?? level));
    }
    for (const [provider, level] of others) result.observe(level, targetLabels(createTarget(provider, other)));
  };

  const instruments = createPerMeter(
    (meter) => {
      const made = createInstruments(meter, semconv);
      made.breakerState.addCallback(observeBreakers);
      return made;
    },
    ({ breakerState }) => breakerState.removeCallback(observeBreakers),
  );

  const recorder =
    <Facts>(record: (instruments: Instruments, facts: Facts) => void) =>
    (facts: Facts): void => {
      const current = instruments.current();
      if (current !== undefined) safely(() => record(current, facts));
    };

  const recordRequest = recorder(({ requestDuration, requestTimeToFirstChunk }, facts: RequestMeasure) => {
    const { operation, dialect, route, stream, outcome, status, errorType, seconds, firstChunkSeconds } = facts;
    const attributes = known({
      ...operationLabels(operation),
      ...callerLabels(facts.principal),
      [attribute.dialect]: dialect,
      [attribute.routeName]: route === undefined || isKnownRoute(route) ? route : other,
      [attribute.requestStream]: stream,
      [attribute.outcome]: outcome,
      [attribute.httpStatus]: status,
      [attribute.errorType]: errorType,
    });
    requestDuration.record(seconds, attributes);
    if (firstChunkSeconds !== undefined) requestTimeToFirstChunk.record(firstChunkSeconds, attributes);
  });

  return {
    enabled: () => instruments.current() !== undefined,
    requestStarted: (operation) => {
      const active = instruments.current()?.activeRequests;
      if (active !== undefined) safely(() => active.add(1, operationLabels(operation)));
      return active;
    },
    requestEnded: (facts) => {
      const { active, operation } = facts;
      if (active !== undefined) safely(() => active.add(-1, operationLabels(operation)));
      recordRequest(facts);
    },
    stage: recorder(({ stageDuration }, { name, phase, outcome, seconds }) =>
      stageDuration.record(seconds, {
        [attribute.stageName]: name,
        [attribute.stagePhase]: phase,
        [attribute.stageOutcome]: outcome,
      }),
    ),
    attempt: recorder(({ attempts }, { target, reason, status, errorType }) =>
      attempts.add(
        1,
        known({
          ...targetLabels(target),
          [attribute.attemptReason]: reason,
          [attribute.httpStatus]: status,
          [attribute.errorType]: errorType,
        }),
      ),
    ),
    inference: recorder((current, facts) => {
      const { errorType, usage, seconds, firstChunkSeconds } = facts;
      const answered = answererLabels(facts);
      const attributes = known({ ...answered, [attribute.errorType]: errorType });
      current.inferenceDuration.record(seconds, attributes);
      if (usage !== undefined) current.recordTokens(usage, answered);
      if (firstChunkSeconds !== undefined) current.inferenceTimeToFirstChunk.record(firstChunkSeconds, attributes);
    }),
    chunks: (facts) => {
      const histogram = instruments.current()?.inferenceTimePerOutputChunk;
      if (histogram === undefined) return ignore;
      // Made once for all chunks of the stream.
      const attributes = answererLabels(facts);
      return (seconds) => safely(() => histogram.record(seconds, attributes));
    },
    cache: recorder(({ cacheLookups, cacheSavedTokens }, { result, kind, savedTokens }) => {
      const attributes = known({ [attribute.cacheResult]: result, [attribute.cacheKind]: kind });
      cacheLookups.add(1, attributes);
      if (savedTokens !== undefined) cacheSavedTokens.add(savedTokens, attributes);
    }),
    verdict: recorder(({ guardrailVerdicts }, { guard, direction, verdict }) =>
      guardrailVerdicts.add(1, {
        [attribute.guardrailName]: guard,
        [attribute.guardrailDirection]: direction,
        [attribute.guardrailVerdict]: verdict,
      }),
    ),
    cost: recorder(({ cost }, { target, source, usd, principal }) =>
      cost.add(usd, known({ ...callerLabels(principal), ...targetLabels(target), [attribute.costSource]: source })),
    ),
    close: instruments.close,
  };
};

/** The labels that have a value: SDKs export the others as empty. */
const known = (labels: Attributes): Attributes => {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(labels)) if (value !== undefined) attributes[name] = value;
  return attributes;
};
