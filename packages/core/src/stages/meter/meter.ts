import { answerCharacters, estimateInputTokens, estimateTokens } from "../../chat/estimate.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { Finish } from "../../chat/finish.ts";
import { mapEvents } from "../../chat/map-reply.ts";
import type { Reply } from "../../chat/reply.ts";
import { addUsage, type Usage } from "../../chat/usage.ts";
import { toGatewayError, UpstreamError, type GatewayErrorCode } from "../../errors.ts";
import { createContextKey, type Context, type ContextKey } from "../../pipeline/context.ts";
import { dryRunKey } from "../../pipeline/dry-run.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { costOf, priceOf } from "../../providers/catalog.ts";
import { registryKey } from "../../providers/registry.ts";
import { telemetryKey } from "../../telemetry/request-telemetry.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { checkKnown } from "../../check-options.ts";
import { ledgerKey, type Ledger, type LedgerRow } from "./ledger.ts";

export interface MeterOptions {
  /** Where rows go, beside the gateway's own ledger. */
  readonly ledger?: Ledger;
}

/** Usage and cost of all provider calls of a request so far. */
export interface Spent {
  readonly usage: Usage;
  /** Integer nano-dollars; calls of unknown price are not in it, and it is absent where no price was known. */
  readonly costNanoUsd?: number;
}

export const spentKey: ContextKey<Spent> = createContextKey("spent");

// After these the provider may have worked, and charged, though we saw no answer.
const possiblyBilled: ReadonlySet<GatewayErrorCode> = new Set([
  "upstream_reset",
  "upstream_timeout",
  "upstream_invalid_response",
  "upstream_response_too_large",
  "upstream_stream_truncated",
  "upstream_stream_timeout",
  "upstream_stream_invalid",
]);

/**
 * Counts usage and cost of every provider call and writes them to the ledger, whoever caused the call. It stands
 * inside `retry`, so that each attempt is counted and a cached answer is not.
 */
export const meter = (options: MeterOptions = {}): Stage => {
  checkKnown(options, "meter", ["ledger"]);
  if (options.ledger !== undefined && typeof options.ledger.record !== "function") {
    throw new TypeError("`meter.ledger` must have a `record(row)` method, as memoryLedger() has.");
  }
  return defineStage("meter", (context, next) => {
    if (context.get(dryRunKey) === true) return next();
    const call = new MeteredCall(context, options.ledger);
    return next().then(call.answered, call.rejected);
  });
};

type Cost = Pick<LedgerRow, "costNanoUsd" | "costSource">;

/** Watches one provider call. */
class MeteredCall {
  readonly #context: Context;
  readonly #ledger: Ledger | undefined;
  readonly #startedAt: number;
  readonly #start: number;
  #usage: Usage | undefined;
  #characters = 0;
  #serviceTier: string | undefined;

  constructor(context: Context, ledger: Ledger | undefined) {
    this.#context = context;
    this.#ledger = ledger;
    this.#startedAt = context.clock.wall();
    this.#start = context.clock.now();
  }

  readonly answered = (reply: Reply): Reply => {
    reply.finished.add(this.#finished);
    return mapEvents(reply, this.#see);
  };

  readonly rejected = (thrown: unknown): never => {
    const error = toGatewayError(thrown);
    const known = error instanceof UpstreamError ? error.usage : undefined;
    const billed = known === undefined && possiblyBilled.has(error.code);
    const inputTokens = billed ? estimateInputTokens(this.#context.request) : 0;
    const usage = known ?? { inputTokens, outputTokens: 0, ...(billed ? { estimated: true } : {}) };
    this.#record("rejected", usage, error.code, { isPaid: known !== undefined, billed });
    throw thrown;
  };

  /** Changes an event only to tell a client who asked what the call cost. */
  readonly #see = (event: ChatEvent): ChatEvent => {
    this.#characters += answerCharacters(event);
    if (event.type === "reply-start") this.#serviceTier = event.serviceTier;
    if (event.type !== "usage") return event;
    this.#usage = event.usage;
    if (this.#context.request.includeCost !== true || event.usage.costNanoUsd !== undefined) return event;
    const { costNanoUsd } = this.#cost(event.usage);
    return costNanoUsd === undefined ? event : { type: "usage", usage: { ...event.usage, costNanoUsd } };
  };

  readonly #finished = ({ exit, error }: Finish): void => {
    const code = error === undefined ? undefined : toGatewayError(error).code;
    this.#record(exit, this.#usageSoFar(exit), code, { isPaid: true, billed: false });
  };

  /** What the provider said; of an answer that was cut before it said so, what we saw. */
  #usageSoFar(exit: Finish["exit"]): Usage {
    const said = this.#usage;
    const seen = estimateTokens(this.#characters);
    if (said === undefined) {
      return { inputTokens: estimateInputTokens(this.#context.request), outputTokens: seen, estimated: true };
    }
    return exit === "complete" || said.outputTokens >= seen ? said : { ...said, outputTokens: seen, estimated: true };
  }

  #cost(usage: Usage): Cost {
    if (usage.costNanoUsd !== undefined) return { costNanoUsd: usage.costNanoUsd, costSource: "provider" };
    const { target, request } = this.#context;
    const model = target === undefined ? undefined : this.#context.get(registryKey)?.model(target);
    if (model === undefined) return {};
    const serviceTier = this.#serviceTier ?? request.serviceTier;
    const price = priceOf(model, {
      inputTokens: usage.inputTokens,
      ...(serviceTier === undefined ? {} : { serviceTier }),
    });
    return price === undefined ? {} : { costNanoUsd: costOf(usage, price), costSource: "local" };
  }

  /** @param isPaid There was an answer, whatever became of it. */
  #record(
    exit: Finish["exit"] | "rejected",
    usage: Usage,
    error: GatewayErrorCode | undefined,
    { isPaid, billed }: { readonly isPaid: boolean; readonly billed: boolean },
  ): void {
    const context = this.#context;
    const cost: Cost = isPaid ? this.#cost(usage) : { costNanoUsd: 0 };
    if (isPaid) {
      this.#add(usage, cost.costNanoUsd);
      if (context.target !== undefined) context.get(telemetryKey)?.paid(context.target, { usage, ...cost });
    }
    const common = context.get(ledgerKey);
    if (common !== undefined || this.#ledger !== undefined) {
      const { id: principal, tenant } = context.principal;
      const row: LedgerRow = {
        requestId: context.id,
        principal,
        ...(tenant === undefined ? {} : { tenant }),
        target: context.target?.id ?? "",
        attempt: context.attempt,
        exit,
        ...(error === undefined ? {} : { error }),
        usage,
        ...cost,
        ...(billed ? { possiblyBilled: true } : {}),
        ...(this.#serviceTier === undefined ? {} : { serviceTier: this.#serviceTier }),
        startedAt: this.#startedAt,
        durationMs: context.clock.now() - this.#start,
      };
      record(row, common, context);
      record(row, this.#ledger, context);
    }
    if (isPaid && context.span.isRecording()) {
      const { costNanoUsd, costSource } = cost;
      context.span.setAttributes({
        ...(costNanoUsd === undefined
          ? {}
          : { [attribute.costAmount]: costNanoUsd / 1e9, [attribute.costCurrency]: "USD" }),
        ...(costSource === undefined ? {} : { [attribute.costSource]: costSource }),
        ...(usage.estimated === true ? { [attribute.usageEstimated]: true } : {}),
      });
    }
  }

  #add(usage: Usage, costNanoUsd: number | undefined): void {
    const before = this.#context.get(spentKey);
    const total = before === undefined ? usage : addUsage(before.usage, usage);
    const cost = costNanoUsd === undefined ? before?.costNanoUsd : (before?.costNanoUsd ?? 0) + costNanoUsd;
    this.#context.set(spentKey, cost === undefined ? { usage: total } : { usage: total, costNanoUsd: cost });
  }
}

/** A ledger must not throw; one that does takes nothing down with it. */
const record = (row: LedgerRow, ledger: Ledger | undefined, { id, logger }: Context): void => {
  const failed = (cause: unknown): void =>
    logger.error("A ledger failed to record a provider call.", { requestId: id, cause });
  try {
    // An async function is a ledger as well; its failure would come after this.
    const recorded: unknown = ledger?.record(row);
    if (recorded instanceof Promise) recorded.catch(failed);
  } catch (cause) {
    failed(cause);
  }
};
