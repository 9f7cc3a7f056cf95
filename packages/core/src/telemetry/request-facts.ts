import type { Attributes } from "@opentelemetry/api";
import type { Operation } from "../chat/request.ts";
import type { Usage } from "../chat/usage.ts";
import type { Principal } from "../pipeline/context.ts";
import type { TelemetrySettings } from "./options.ts";
import type { ReadHeader } from "./propagation.ts";
import { attribute, gatewayAttributes, serverAttributes } from "./semconv.ts";

/** How a client's request ended. */
export type Outcome = "ok" | "cache_hit" | "blocked" | "rejected" | "aborted" | "error";

/** An HTTP request, and when it came. */
export interface Arrival {
  readonly http: {
    readonly method: string;
    readonly path: string;
    readonly scheme: string;
    readonly header: ReadHeader;
  };
  /** Its path, with the names of what clients write into it in their place. */
  readonly route: string;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** The same moment, in milliseconds since the Unix epoch. */
  readonly wall: number;
}

/** What is known of a request when it begins; of one that is refused, as far as it was read. */
export interface RequestFacts {
  readonly requestId: string;
  readonly operation: Operation;
  readonly dialect: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly principal?: Principal | undefined;
  /** The conversation it belongs to, where its client says so. */
  readonly sessionId?: string | undefined;
  /** Absent where it comes from within this process. */
  readonly arrival?: Arrival | undefined;
}

/** What is known of a request when it is over. */
export interface RequestEnd {
  readonly outcome: Outcome;
  readonly status: number | undefined;
  /** Why it failed, was refused or was left. */
  readonly error: unknown;
  readonly attempts: readonly { readonly target: string; readonly error?: string }[];
  readonly cacheResult?: string | undefined;
  readonly spent?: { readonly usage: Usage; readonly costNanoUsd?: number } | undefined;
}

/** Attributes of the gateway span that samplers may decide by. */
export const startAttributes = (
  { requestId, operation, dialect, model, stream, arrival }: RequestFacts,
  isEntry: boolean,
): Attributes => {
  const attributes = gatewayAttributes(requestId, operation, dialect, model, stream);
  return isEntry && arrival !== undefined
    ? { ...attributes, ...serverAttributes(arrival.http, arrival.route) }
    : attributes;
};

/** The session that a header names. */
export const sessionOf = (
  arrival: Arrival | undefined,
  { sessionHeader }: Pick<TelemetrySettings, "sessionHeader">,
): string | undefined => {
  const session = sessionHeader === false ? undefined : arrival?.http.header(sessionHeader.toLowerCase())?.trim();
  return session === undefined || session === "" || session.length > 256 ? undefined : session;
};

/** Who asks, and in what context, as attributes of the gateway span. */
export const callerAttributes = ({ principal, sessionId }: RequestFacts): Attributes => ({
  ...(sessionId === undefined ? {} : { [attribute.sessionId]: sessionId, [attribute.genAiConversationId]: sessionId }),
  ...(principal === undefined ? {} : { [attribute.userId]: principal.id }),
  ...(principal?.tenant === undefined ? {} : { [attribute.tenant]: principal.tenant }),
});

/** Attributes of the gateway span that are known at its end. */
export const endAttributes = (
  { outcome, status, attempts, cacheResult, spent }: RequestEnd,
  firstChunkSeconds: number | undefined,
): Attributes => {
  const answered = attempts.findLast(({ error }) => error === undefined)?.target;
  return {
    [attribute.outcome]: outcome,
    [attribute.attemptCount]: attempts.length,
    [attribute.fallbackCount]: Math.max(0, new Set(attempts.map(({ target }) => target)).size - 1),
    ...(answered === undefined ? {} : { [attribute.target]: answered }),
    ...(status === undefined ? {} : { [attribute.httpStatus]: status }),
    ...(cacheResult === undefined ? {} : { [attribute.cacheResult]: cacheResult }),
    ...(firstChunkSeconds === undefined ? {} : { [attribute.timeToFirstChunk]: firstChunkSeconds }),
    ...(spent === undefined
      ? {}
      : {
          [attribute.usageInputTokens]: spent.usage.inputTokens,
          [attribute.usageOutputTokens]: spent.usage.outputTokens,
        }),
    ...(spent?.costNanoUsd === undefined
      ? {}
      : { [attribute.costAmount]: spent.costNanoUsd / 1e9, [attribute.costCurrency]: "USD" }),
  };
};
