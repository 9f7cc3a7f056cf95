import { createHash } from "node:crypto";
import type { ChatEvent } from "../../chat/event.ts";
import type { Message } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Context } from "../../pipeline/context.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { guardStore, unavailable } from "../cache/guarded-store.ts";
import { bareCalls, giveBack } from "./give-back.ts";
import { readReasoning, sealReasoning, type KeptReasoning } from "./kept-reasoning.ts";
import type { ResolvedSignatureOptions } from "./signature-options.ts";
import { createTurnReader, type CallReasoning } from "./turn-reader.ts";

/**
 * Keeps the reasoning that belongs to tool calls, and its proofs, for clients whose libraries drop them: what a provider
 * issued to a caller comes back to that provider with the call's id from that caller, and to nobody else.
 */
export interface ReasoningMemory {
  /** The request with what its client lost, of what this provider issued; the very request where there is nothing. */
  readonly recall: (context: Context, provider: string) => ChatRequest | Promise<ChatRequest>;
  /** Watches an answer's events. */
  readonly watch: (context: Context, provider: string) => (event: ChatEvent) => void;
}

export const createReasoningMemory = (options: ResolvedSignatureOptions): ReasoningMemory => {
  const { ttlMs, maxEntryBytes, isShared } = options;
  const store = guardStore(options.store, options.storeTimeoutMs, "signature");

  const keyOf = ({ principal: { id, tenant } }: Context, callId: string): string => {
    const key = JSON.stringify(["signature", tenant, id, callId]);
    // Who can read the keys of a store that others use as well learns nothing from them.
    return isShared ? createHash("sha256").update(key).digest("hex") : key;
  };

  const keep = (context: Context, provider: string, call: CallReasoning): void => {
    const { entry, sizeBytes } = sealReasoning({ provider, expiresAt: context.clock.wall() + ttlMs, call });
    if (sizeBytes <= maxEntryBytes) void store.set(context, keyOf(context, call.id), entry, { sizeBytes, ttlMs });
  };

  /** What was found under a call's id, if it is this provider's. What is still wanted is kept for as long again. */
  const read = (found: unknown, callId: string, context: Context, provider: string): CallReasoning | undefined => {
    const kept: KeptReasoning | undefined = readReasoning(found, callId);
    const leftMs = (kept?.expiresAt ?? 0) - context.clock.wall();
    if (kept?.provider !== provider || leftMs <= 0) return undefined;
    if (leftMs < ttlMs / 2) keep(context, provider, kept.call);
    return kept.call;
  };

  const give = (context: Context, found: readonly CallReasoning[]): ChatRequest => {
    const { request, span } = context;
    if (found.length === 0) return request;
    const messages = giveToLatest(request.messages, new Map(found.map((call) => [call.id, call])));
    if (messages === request.messages) return request;
    if (span.isRecording()) span.setAttribute(attribute.signaturesRestored, found.length);
    return { ...request, messages };
  };

  return {
    recall: (context, provider) => {
      const ids = new Set(context.request.messages.flatMap((message) => bareCalls(message).map(({ id }) => id)));
      if (ids.size === 0) return context.request;
      const found: CallReasoning[] = [];
      const late: Promise<void>[] = [];
      for (const id of ids) {
        const take = (got: Awaited<ReturnType<typeof store.get>>): void => {
          const call = got === unavailable ? undefined : read(got.value, id, context, provider);
          if (call !== undefined) found.push(call);
        };
        const got = store.get(context, keyOf(context, id));
        if (got instanceof Promise) late.push(got.then(take));
        else take(got);
      }
      return late.length === 0 ? give(context, found) : Promise.all(late).then(() => give(context, found));
    },
    watch: (context, provider) => {
      const keepAll = (calls: readonly CallReasoning[]): void => calls.forEach((call) => keep(context, provider, call));
      return createTurnReader(maxEntryBytes, keepAll).see;
    },
  };
};

/** An id that comes twice in a conversation stands for the last of its calls. */
const giveToLatest = (messages: readonly Message[], kept: Map<string, CallReasoning>): readonly Message[] => {
  let changed: Message[] | undefined;
  for (let index = messages.length - 1; index >= 0 && kept.size > 0; index--) {
    const message = messages[index];
    if (message === undefined) continue;
    const given = giveBack(message, kept);
    for (const part of message.parts) if (part.type === "tool-call") kept.delete(part.id);
    if (given === message) continue;
    changed ??= [...messages];
    changed[index] = given;
  }
  return changed ?? messages;
};
