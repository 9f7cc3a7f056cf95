import type { UpDownCounter } from "@opentelemetry/api";
import type { Operation } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import type { Usage } from "../chat/usage.ts";
import type { Principal } from "../pipeline/context.ts";

/** Where a request was counted as under way. */
export type ActiveRequests = Pick<UpDownCounter, "add">;

export interface RequestMeasure {
  /** What `requestStarted` returned. */
  readonly active: ActiveRequests | undefined;
  readonly operation: Operation;
  readonly dialect: string;
  /** The model's name as the client wrote it; absent where it wrote none. */
  readonly route?: string | undefined;
  /** Absent where it was refused before it was read. */
  readonly stream?: boolean | undefined;
  readonly outcome: string;
  readonly status?: number | undefined;
  readonly errorType?: string | undefined;
  readonly seconds: number;
  /** From the request to the first content written to the client. */
  readonly firstChunkSeconds?: number | undefined;
  /** Absent where nobody knows who asked. */
  readonly principal?: Principal | undefined;
}

export interface StageMeasure {
  readonly name: string;
  readonly phase: string;
  readonly outcome: string;
  readonly seconds: number;
}

export interface AttemptMeasure {
  readonly target: Target;
  readonly reason: string;
  readonly status?: number | undefined;
  readonly errorType?: string | undefined;
}

/** Who was asked and who answered, as labels tell it. */
export interface AnswererFacts {
  readonly operation: Operation;
  readonly target: Target;
  /** `gen_ai.provider.name`. */
  readonly providerName: string;
  readonly responseModel?: string | undefined;
  readonly serverAddress: string;
  readonly principal?: Principal | undefined;
}

export interface InferenceMeasure extends AnswererFacts {
  readonly errorType?: string | undefined;
  readonly seconds: number;
  readonly usage?: Usage | undefined;
  /** From the call that was answered to the first chunk of its stream; absent for whole answers. */
  readonly firstChunkSeconds?: number | undefined;
}

export interface CacheFacts {
  readonly result: string;
  readonly kind?: string | undefined;
  readonly savedTokens?: number | undefined;
}

export interface VerdictMeasure {
  readonly guard: string;
  readonly direction: string;
  readonly verdict: string;
}

export interface CostMeasure {
  readonly target: Target;
  /** Who says so: the provider, or a local price list. */
  readonly source: string;
  readonly usd: number;
  readonly principal?: Principal | undefined;
}
