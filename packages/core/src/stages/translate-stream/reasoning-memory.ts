import { createHash } from "node:crypto";
import type { ChatEvent } from "../../chat/event.ts";
import type { Message } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Context } from "../../pipeline/context.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { guardStore, unavailable } from "../cache/guarded-store.ts";
import { bareCalls, giveBack } from "./give-back.ts";
import { readReasoning, sealReasoning, type KeptReasoning } from "./kept-reasoning.ts";
import {
  boundProofs,
  issuerBytes,
  proofId,
  proofsIn,
  readIssuer,
  withoutProofs,
  type KeptIssuer,
} from "./proof-issuers.ts";
import type { ResolvedSignatureOptions } from "./signature-options.ts";
import { createTurnReader, type CallReasoning } from "./turn-reader.ts";

/** A provider that reasons, and what its client may do with that. */
export interface Issuer {
  readonly provider: string;
  /** The client may lose reasoning and proofs. */
  readonly loses: boolean;
  /** Its proofs are good for nobody else, not even for others who read the same form of them. */
  readonly binds: boolean;
}

/**
 * Keeps the reasoning that belongs to tool calls, and its proofs, for clients whose libraries drop them: what a provider
 * issued to a caller comes back to that provider with the call's id from that caller, and to nobody else. Of proofs that
 * clients keep, it remembers who issued them, so that they reach nobody else either.
 */
export interface ReasoningMemory {
  /** The request with what its client lost, of what this provider issued; the very request where there is nothing. */
  readonly recall: (context: Context, issuer: Issuer) => ChatRequest | Promise<ChatRequest>;
  /** Watches an answer's events. */
  readonly watch: (context: Context, issuer: Issuer) => (event: ChatEvent) => void;
}

export const createReasoningMemory = (options: ResolvedSignatureOptions): ReasoningMemory => {
  const { ttlMs, maxEntryBytes, isShared } = options;
  const store = guardStore(options.store, options.storeTimeoutMs, "signature");

  const keyOf = ({ principal: { id, tenant } }: Context, kind: "signature" | "issuer", name: string): string => {
    const key = JSON.stringify([kind, tenant, id, name]);
    // Who can read the keys of a store that others use as well learns nothing from them.
    return isShared ? createHash("sha256").update(key).digest("hex") : key;
  };

  const keep = (context: Context, provider: string, call: CallReasoning): void => {
    const { entry, sizeBytes } = sealReasoning({ provider, expiresAt: context.clock.wall() + ttlMs, call });
    if (sizeBytes <= maxEntryBytes)
      void store.set(context, keyOf(context, "signature", call.id), entry, { sizeBytes, ttlMs });
  };

  /** What was found under a call's id, if it is this provider's. What is still wanted is kept for as long again. */
  const read = (found: unknown, callId: string, context: Context, provider: string): CallReasoning | undefined => {
    const kept: KeptReasoning | undefined = readReasoning(found, callId);
    const leftMs = (kept?.expiresAt ?? 0) - context.clock.wall();
    if (kept?.provider !== provider || leftMs <= 0) return undefined;
    if (leftMs < ttlMs / 2) keep(context, provider, kept.call);
    return kept.call;
  };

  const note = (context: Context, provider: string, proof: string): void => {
    const issuer: KeptIssuer = { provider, expiresAt: context.clock.wall() + ttlMs };
    void store.set(context, keyOf(context, "issuer", proof), issuer, { sizeBytes: issuerBytes, ttlMs });
  };

  /** Whether a proof is known to be another provider's. What is still sent is remembered for as long again. */
  const isForeign = (found: unknown, proof: string, context: Context, provider: string): boolean => {
    const kept = readIssuer(found);
    const leftMs = (kept?.expiresAt ?? 0) - context.clock.wall();
    if (kept === undefined || leftMs <= 0) return false;
    if (leftMs < ttlMs / 2) note(context, kept.provider, proof);
    return kept.provider !== provider;
  };

  const give = (context: Context, found: readonly CallReasoning[], foreign: ReadonlySet<string>): ChatRequest => {
    const { request, span } = context;
    if (found.length === 0 && foreign.size === 0) return request;
    const kept = foreign.size === 0 ? request.messages : withoutProofs(request.messages, foreign);
    const messages = giveToLatest(kept, new Map(found.map((call) => [call.id, call])));
    if (messages === request.messages) return request;
    if (span.isRecording()) {
      if (messages !== kept) span.setAttribute(attribute.signaturesRestored, found.length);
      if (foreign.size > 0) span.setAttribute(attribute.signaturesWithheld, foreign.size);
    }
    return { ...request, messages };
  };

  return {
    recall: (context, { provider, loses, binds }) => {
      const { messages } = context.request;
      const ids = new Set(loses ? messages.flatMap((message) => bareCalls(message).map(({ id }) => id)) : []);
      const proofs = binds ? proofsIn(messages) : none;
      if (ids.size === 0 && proofs.size === 0) return context.request;
      const found: CallReasoning[] = [];
      const foreign = new Set<string>();
      const late: Promise<void>[] = [];
      const look = (kind: "signature" | "issuer", name: string, take: (value: unknown) => void): void => {
        const takeFound = (got: Awaited<ReturnType<typeof store.get>>): void => {
          if (got !== unavailable) take(got.value);
        };
        const got = store.get(context, keyOf(context, kind, name));
        if (got instanceof Promise) late.push(got.then(takeFound));
        else takeFound(got);
      };
      for (const id of ids) {
        look("signature", id, (value) => {
          const call = read(value, id, context, provider);
          if (call !== undefined) found.push(call);
        });
      }
      for (const proof of proofs) {
        look("issuer", proof, (value) => {
          if (isForeign(value, proof, context, provider)) foreign.add(proof);
        });
      }
      const finish = (): ChatRequest => give(context, found, foreign);
      return late.length === 0 ? finish() : Promise.all(late).then(finish);
    },
    watch: (context, { provider, loses, binds }) => {
      const keepAll = (calls: readonly CallReasoning[]): void => calls.forEach((call) => keep(context, provider, call));
      const see = loses ? createTurnReader(maxEntryBytes, keepAll).see : undefined;
      return (event) => {
        if (binds) for (const proof of boundProofs(event)) note(context, provider, proofId(proof));
        see?.(event);
      };
    },
  };
};

const none: ReadonlySet<string> = new Set();

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
