import { isContent, type ChatEvent, type OpaqueEvent } from "../../chat/event.ts";
import { UpstreamError, type GatewayErrorCode } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import type { Lesson } from "../frame-shape.ts";
import { RepeatedFrames } from "../repeated-frames.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { decodeCitation } from "./citations.ts";
import { completedBlock, decodeEnd, decodeReasoning, decodeReply, decodeStart } from "./decode-reply.ts";
import { decodeError } from "./errors.ts";
import { dialectId, signatureFormat } from "./identity.ts";
import { createOpaqueBlock, type OpaqueBlock } from "./opaque-block.ts";
import { decodeUsage, mergeUsage } from "./usage.ts";

/** A tool call whose block is still open. */
interface OpenCall {
  readonly index: number;
  /** Arguments that stood in the block's start; Anthropic itself sends none there. */
  readonly input: unknown;
  hasArguments: boolean;
}

/** A block of text, whose citations wait until it is known how far the text goes. */
interface OpenText {
  readonly start: number;
  readonly citations: Json[];
}

const maxToolCalls = 128;
// The blank line after a frame: where it is missing, the connection was closed within or right after it.
const isTerminated = /(\n|\r)\r?\n$|\r\r$/;

/** Reads the frames of one streamed message. */
export const createDecoder = (options: DecodeOptions): FrameDecoder => {
  const { provider, quirks } = options;
  const calls = new Map<number, OpenCall>();
  const texts = new Map<number, OpenText>();
  const opaques = new Map<number, OpaqueBlock>();
  const repeated = new RepeatedFrames();
  let toolCalls = 0;
  let usage: Json = {};
  let textLength = 0;
  let hasEnd = false;
  let isOver = false;
  let isBroken = false;

  const fail = (code: GatewayErrorCode, message: string, cause?: unknown): UpstreamError =>
    new UpstreamError(code, `${provider} ${message}`, { provider, cause });

  const truncated = (cause?: unknown): UpstreamError =>
    fail("upstream_stream_truncated", "closed the stream before the answer was complete.", cause);

  const opaque = (name: string, value?: unknown): OpaqueEvent => ({ type: "opaque", dialect: dialectId, name, value });

  const blockIndex = (value: Json): number => {
    const index = numberIn(value, "index");
    if (index === undefined) throw fail("upstream_stream_invalid", "sent a part of an answer without its index.");
    return index;
  };

  const usageEvents = (stated: Json | undefined): ChatEvent[] => {
    if (stated === undefined) return [];
    usage = mergeUsage(usage, stated);
    const decoded = decodeUsage(usage);
    return decoded === undefined ? [] : [{ type: "usage", usage: decoded }];
  };

  const startMessage = (value: Json): readonly ChatEvent[] => {
    const message = objectIn(value, "message") ?? {};
    return [decodeStart(message), ...usageEvents(objectIn(message, "usage"))];
  };

  // The start is also given as it came: it says what kind of block it is where the block holds nothing yet.
  const startBlock = (value: Json): readonly ChatEvent[] => {
    const block = objectIn(value, "content_block") ?? {};
    const index = blockIndex(value);
    const start = opaque("content_block_start", value);
    if (block["type"] === "tool_use") return [start, startCall(block, index)];
    if (block["type"] === "text") {
      const text = stringIn(block, "text") ?? "";
      texts.set(index, { start: textLength, citations: [] });
      textLength += text.length;
      return text === "" ? [start] : [start, { type: "text-delta", choice: 0, text, block: index }];
    }
    const reasoning = decodeReasoning(block, index);
    if (reasoning === undefined) opaques.set(index, createOpaqueBlock(block));
    return reasoning !== undefined && isContent(reasoning) ? [start, reasoning] : [start];
  };

  const startCall = (block: Json, blockAt: number): ChatEvent => {
    const index = toolCalls++;
    if (index >= maxToolCalls) throw fail("upstream_stream_invalid", "called more tools than an answer may.");
    calls.set(blockAt, { index, input: objectIn(block, "input") ?? {}, hasArguments: false });
    return {
      type: "tool-call-start",
      choice: 0,
      index,
      id: stringIn(block, "id") ?? madeCallId(options.requestId, index),
      name: stringIn(block, "name") ?? "",
      kind: "function",
    };
  };

  const readDelta = (value: Json, frame: StreamFrame): ChatEvent => {
    const delta = objectIn(value, "delta") ?? {};
    const block = blockIndex(value);
    switch (delta["type"]) {
      case "text_delta": {
        const text = stringIn(delta, "text") ?? "";
        textLength += text.length;
        learn(frame, "text", text, (word, run) => {
          textLength += word.length;
          return { type: "text-delta", choice: 0, text: word, block, frame: run };
        });
        return { type: "text-delta", choice: 0, text, block };
      }
      case "thinking_delta": {
        const text = stringIn(delta, "thinking") ?? "";
        learn(frame, "thinking", text, (word, run) => {
          return { type: "reasoning-delta", choice: 0, text: word, block, frame: run };
        });
        return { type: "reasoning-delta", choice: 0, text, block };
      }
      case "signature_delta": {
        const signature = { format: signatureFormat, value: stringIn(delta, "signature") ?? "" };
        return { type: "reasoning-delta", choice: 0, text: "", block, signature };
      }
      case "input_json_delta": {
        const call = calls.get(block);
        if (call === undefined) break;
        const piece = stringIn(delta, "partial_json") ?? "";
        if (piece !== "") call.hasArguments = true;
        return { type: "tool-call-delta", choice: 0, index: call.index, arguments: piece };
      }
      case "citations_delta": {
        // Told at the end of its block, which is what it speaks of.
        const citation = objectIn(delta, "citation");
        if (citation !== undefined) texts.get(block)?.citations.push(citation);
        break;
      }
      default:
    }
    opaques.get(block)?.add(delta);
    return opaque("content_block_delta", value);
  };

  const learn = ({ data = "", raw }: StreamFrame, field: string, word: string, eventOf: Lesson["eventOf"]): void => {
    if (!isBroken && typeof raw === "string") repeated.learn({ data, raw, field, word, eventOf });
  };

  const stopBlock = (value: Json): readonly ChatEvent[] => {
    const block = blockIndex(value);
    const call = calls.get(block);
    if (call === undefined) return [...endText(block), stopOpaque(block, value)];
    calls.delete(block);
    const { index, input, hasArguments } = call;
    const end: ChatEvent = { type: "tool-call-end", choice: 0, index };
    // Nothing at all means a call without arguments, which elsewhere is written `{}`.
    return hasArguments
      ? [end]
      : [{ type: "tool-call-delta", choice: 0, index, arguments: JSON.stringify(input) }, end];
  };

  const stopOpaque = (index: number, value: Json): ChatEvent => {
    const block = opaques.get(index);
    opaques.delete(index);
    const stop = opaque("content_block_stop", value);
    return block === undefined ? stop : { ...stop, completes: completedBlock(block.value()) };
  };

  const endText = (block: number): readonly ChatEvent[] => {
    const { start = 0, citations = [] } = texts.get(block) ?? {};
    texts.delete(block);
    return citations.map((citation): ChatEvent => {
      return { type: "citation", choice: 0, citation: decodeCitation(citation, start, textLength), block };
    });
  };

  const endMessage = (value: Json): readonly ChatEvent[] => {
    const delta = objectIn(value, "delta") ?? {};
    const events = usageEvents(objectIn(value, "usage"));
    if (!hasEnd && stringIn(delta, "stop_reason") !== undefined) {
      hasEnd = true;
      for (const block of texts.keys()) events.push(...endText(block));
      events.push(...decodeEnd(delta, toolCalls > 0));
    }
    return events.length === 0 ? [opaque("message_delta", value)] : events;
  };

  const stop = (value: Json, raw: string): readonly ChatEvent[] => {
    isOver = true;
    if (!isTerminated.test(raw)) isBroken = true;
    const event = opaque("message_stop", value);
    if (hasEnd) return [event];
    isBroken = true;
    return [...[...texts.keys()].flatMap(endText), ...decodeEnd({}, toolCalls > 0), event];
  };

  const decodeValue = (value: Json, type: string | undefined, frame: StreamFrame): readonly ChatEvent[] => {
    switch (type) {
      case "message_start":
        return startMessage(value);
      case "content_block_start":
        return startBlock(value);
      case "content_block_delta":
        return [readDelta(value, frame)];
      case "content_block_stop":
        return stopBlock(value);
      case "message_delta":
        return endMessage(value);
      case "message_stop":
        return stop(value, String(frame.raw));
      case "error":
        throw toUpstreamError(decodeError(value), { provider });
      case "message":
        // Some servers put the whole answer into one frame: all is there, but not as a stream.
        isOver = true;
        isBroken = true;
        return decodeReply(value, options);
      default:
        if (type === undefined && value["error"] !== undefined) throw toUpstreamError(decodeError(value), { provider });
        return [opaque(type ?? "unknown", value)];
    }
  };

  const parse = (data: string, frame: StreamFrame): unknown => {
    try {
      return JSON.parse(data);
    } catch (cause) {
      if (!isTerminated.test(String(frame.raw))) throw truncated(cause);
      throw fail("upstream_stream_invalid", "sent an event that is no JSON.", cause);
    }
  };

  const decode = (frame: StreamFrame): readonly ChatEvent[] => {
    const { data, event } = frame;
    if (data === undefined) {
      isBroken = false;
      return [opaque("comment")];
    }
    if (data === "[DONE]") return [opaque("done")];
    const value = parse(data, frame);
    if (!isObject(value)) throw fail("upstream_stream_invalid", "sent an event that is no JSON object.");
    const type = stringIn(value, "type") ?? event;
    // Anthropic's clients pass over events without a name.
    isBroken = event !== type;
    return decodeValue(value, type, frame);
  };

  return {
    decode,
    readRun: (run) => repeated.read(run),
    end: () => {
      if (isOver || (hasEnd && quirks.doneMarker === "optional")) return [];
      throw truncated();
    },
    ended: () => isOver,
    broken: () => isBroken,
  };
};
