import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError, type GatewayErrorCode } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import { decodeCitation, decodeEnd, decodeMetadata, decodeReasoning, isServerTool, opaque } from "./decode-blocks.ts";
import { errorInStream } from "./errors.ts";
import { traitsOf } from "./model-traits.ts";

/** A tool call whose block is still open. */
interface OpenCall {
  readonly index: number;
  hasArguments: boolean;
}

/** A block with text, whose citations wait until it is known how far the text goes. */
interface OpenText {
  readonly start: number;
  readonly citations: Json[];
}

const maxToolCalls = 128;

/** Reads the frames of one streamed message. */
export const createDecoder = ({ provider, model, info, requestId }: DecodeOptions): FrameDecoder => {
  const { signatureFormat } = traitsOf(model, info);
  const calls = new Map<number, OpenCall>();
  const texts = new Map<number, OpenText>();
  let toolCalls = 0;
  let textLength = 0;
  let stop: { readonly value: Json; readonly reason: string } | undefined;
  let isOver = false;

  const fail = (code: GatewayErrorCode, message: string, cause?: unknown): UpstreamError =>
    new UpstreamError(code, `${provider} ${message}`, { provider, cause });
  const invalid = (what: string, cause?: unknown): UpstreamError =>
    fail("upstream_stream_invalid", `sent ${what}.`, cause);

  const blockIndex = (value: Json): number => {
    const index = numberIn(value, "contentBlockIndex");
    if (index === undefined) throw invalid("a part of an answer without its index");
    return index;
  };

  // Only tools have a start that says something; text and reasoning begin with their first delta.
  const startBlock = (value: Json): readonly ChatEvent[] => {
    const block = blockIndex(value);
    const use = objectIn(objectIn(value, "start") ?? {}, "toolUse");
    if (use === undefined || isServerTool(use)) return [];
    const index = toolCalls++;
    if (index >= maxToolCalls) throw invalid("more tool calls than an answer may hold");
    calls.set(block, { index, hasArguments: false });
    const id = stringIn(use, "toolUseId") ?? madeCallId(requestId, index);
    const name = stringIn(use, "name") ?? "";
    return [{ type: "tool-call-start", choice: 0, index, id, name, kind: "function" }];
  };

  const textAt = (block: number): OpenText => {
    const open = texts.get(block) ?? { start: textLength, citations: [] };
    texts.set(block, open);
    return open;
  };

  const readDelta = (value: Json): readonly ChatEvent[] => {
    const block = blockIndex(value);
    const delta = objectIn(value, "delta") ?? {};
    const text = stringIn(delta, "text");
    if (text !== undefined) {
      textAt(block);
      textLength += text.length;
      return [{ type: "text-delta", choice: 0, text, block }];
    }
    const input = stringIn(objectIn(delta, "toolUse") ?? {}, "input");
    const call = calls.get(block);
    // What goes into a tool that Bedrock runs has no call here.
    if (input !== undefined && call !== undefined) {
      if (input === "") return [];
      call.hasArguments = true;
      return [{ type: "tool-call-delta", choice: 0, index: call.index, arguments: input }];
    }
    const citation = objectIn(delta, "citation");
    if (citation !== undefined) textAt(block).citations.push(citation);
    return decodeReasoning(objectIn(delta, "reasoningContent") ?? {}, block, signatureFormat);
  };

  const stopBlock = (block: number): readonly ChatEvent[] => {
    const { start = 0, citations = [] } = texts.get(block) ?? {};
    texts.delete(block);
    const span = { start, end: textLength };
    const cited = citations.map((citation): ChatEvent => {
      return { type: "citation", choice: 0, citation: decodeCitation(citation, span), block };
    });
    const call = calls.get(block);
    if (call === undefined) return cited;
    calls.delete(block);
    const { index, hasArguments } = call;
    const empty: readonly ChatEvent[] = [{ type: "tool-call-delta", choice: 0, index, arguments: "{}" }];
    return [...cited, ...(hasArguments ? [] : empty), { type: "tool-call-end", choice: 0, index }];
  };

  const stopMessage = (value: Json): readonly ChatEvent[] => {
    const reason = stringIn(value, "stopReason");
    if (reason === undefined) throw invalid("an end of an answer without its reason");
    stop = { value, reason };
    return [...new Set([...texts.keys(), ...calls.keys()])].flatMap(stopBlock);
  };

  // The answer is complete with this, and not with the stop before it: a stream that was cut between has not ended.
  const readMetadata = (value: Json): readonly ChatEvent[] => {
    if (stop === undefined) throw invalid("the metadata of an answer before its end");
    isOver = true;
    return [...decodeMetadata(value), decodeEnd(stop.value, stop.reason, toolCalls > 0)];
  };

  const decodeEvent = (value: Json, event: string | undefined): readonly ChatEvent[] => {
    switch (event) {
      case "messageStart":
        return [{ type: "reply-start" }];
      case "contentBlockStart":
        return startBlock(value);
      case "contentBlockDelta":
        return readDelta(value);
      case "contentBlockStop":
        return stopBlock(blockIndex(value));
      case "messageStop":
        return stopMessage(value);
      case "metadata":
        return readMetadata(value);
      default:
        return [];
    }
  };

  const parse = (data: string): Json => {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw invalid("a stream event that is not JSON", cause);
    }
    if (!isObject(value)) throw invalid("a stream event that is no JSON object");
    return value;
  };

  return {
    decode: (frame: StreamFrame) => {
      if (frame.failure === true) throw errorInStream(frame, provider);
      const value = parse(frame.data ?? "");
      const events = decodeEvent(value, frame.event);
      return events.length > 0 ? events : [opaque(frame.event ?? "event", value)];
    },
    end: () => {
      if (isOver) return [];
      throw fail("upstream_stream_truncated", "closed the stream before the answer was complete.");
    },
    ended: () => isOver,
  };
};
