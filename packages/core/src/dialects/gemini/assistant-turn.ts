import type { Message, Part, ReasoningPart, Signature, ToolCallPart } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { dialectId, isForeignCallId, signatureFormat, skipSignature } from "./identity.ts";
import { encodeMedia } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";

const ours = (signature: Signature | undefined): string | undefined =>
  signature?.format === signatureFormat ? signature.value : undefined;

const signed = (value: string | undefined): Json => (value === undefined ? {} : { thoughtSignature: value });

/** Adds to what was written for a part what only its source knows. */
export type Complete = (part: Part, encoded: readonly Json[]) => readonly Json[];

/**
 * The parts of one assistant message, in order, each with the signature it came with. Reasoning goes back only to the
 * family that signed it; what others thought is left out.
 */
export const encodeAssistant = (
  { parts }: Message,
  traits: ModelTraits,
  losses: Losses,
  complete: Complete,
): readonly Json[] => {
  const loose = looseSignatures(parts.filter((part) => part.type === "reasoning"));
  const encode = (part: Part): readonly Json[] => {
    switch (part.type) {
      case "text": {
        const signature = ours(part.signature);
        return part.text === "" && signature === undefined ? [] : [{ text: part.text, ...signed(signature) }];
      }
      case "refusal":
        return part.text === "" ? [] : [{ text: part.text }];
      case "reasoning": {
        const signature = ours(part.signature);
        if (part.text === "" || signature === undefined) return [];
        return [{ text: part.text, thought: true, ...signed(signature) }];
      }
      case "tool-call":
        return [encodeCall(part, ours(part.signature) ?? loose.take(part.id))];
      case "image":
      case "audio":
      case "file":
        return encodeMedia(part, traits, losses);
      case "opaque":
        if (part.dialect === dialectId) return isObject(part.value) ? [part.value] : [];
        return part.image === undefined ? [] : encodeMedia({ type: "image", source: part.image }, traits, losses);
      case "tool-result":
        // Results stand in messages of their own.
        return [];
    }
  };
  const encoded = parts.flatMap((part) => complete(part, encode(part)));
  // A signature without a call belongs to the answer as a whole, and travels on an empty text as it came.
  for (const signature of loose.rest()) encoded.push({ text: "", thoughtSignature: signature });
  return encoded;
};

/** Signatures that clients carry in a reasoning part of their own, apart from the call they were issued with. */
const looseSignatures = (
  parts: readonly ReasoningPart[],
): { readonly take: (callId: string) => string | undefined; readonly rest: () => readonly string[] } => {
  const left: { readonly id: string | undefined; readonly value: string }[] = [];
  for (const { id, text, encrypted, signature } of parts) {
    const value = ours(encrypted) ?? (text === "" ? ours(signature) : undefined);
    if (value !== undefined) left.push({ id, value });
  }
  return {
    take: (callId) => {
      const named = left.findIndex(({ id }) => id === callId);
      const index = named === -1 ? left.findIndex(({ id }) => id === undefined) : named;
      return index === -1 ? undefined : left.splice(index, 1)[0]?.value;
    },
    rest: () => left.map(({ value }) => value),
  };
};

const encodeCall = (call: ToolCallPart, signature: string | undefined): Json => ({
  functionCall: {
    ...(isForeignCallId(call.id) ? {} : { id: call.id }),
    name: call.name,
    args: argumentsOf(call),
  },
  ...signed(signature),
});

const argumentsOf = ({ id, kind, name, arguments: text }: ToolCallPart): Json => {
  if (kind === "custom") return { input: text };
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isObject(value)) return value;
  throw new GatewayError(
    "invalid_value",
    `The arguments of tool call ${JSON.stringify(id)} (${name}) must be a JSON object for this model to take the call back.`,
    // Models that take arguments as text do not mind.
    { param: "messages", fallback: true },
  );
};

/** Signs the first call of a model turn with the skip value where its own signature is missing. */
export const withSkipSignature = (parts: readonly Json[]): readonly Json[] => {
  const index = parts.findIndex((part) => part["functionCall"] !== undefined);
  const first = parts[index];
  return first === undefined || first["thoughtSignature"] !== undefined
    ? parts
    : parts.with(index, { ...first, thoughtSignature: skipSignature });
};
