import type { ChatEvent, EventBatch, OpaqueEvent, ReasoningDelta, ReplyStart } from "../../chat/event.ts";
import { intactFrame } from "../../chat/frame.ts";
import type { Usage } from "../../chat/usage.ts";
import type { EncodeOptions, EventEncoder, Json } from "../dialect.ts";
import { isObject, objectIn } from "../fields.ts";
import { isWrapped, type Proof } from "../wrapped-proof.ts";
import { createBlockWriter, toFrame, type OutgoingBlock } from "./block-writer.ts";
import { encodeCitation } from "./citations.ts";
import { encodeEnding, encodeHead, gaveUp } from "./encode-reply.ts";
import { encodeError } from "./errors.ts";
import { dialectId, signatureFormat } from "./identity.ts";
import { blockKindOf, citationIn, passFrame, sourceIndexOf, type MessageState } from "./pass-frame.ts";
import { asksForThinking, proofBlock, writeSignature } from "./thinking-blocks.ts";
import { encodeUsage } from "./usage.ts";

const starts: Readonly<Record<"text" | "thinking", string>> = {
  text: '{"type":"text","text":""}',
  // Clients expect a signature; reasoning from elsewhere keeps this empty one.
  thinking: '{"type":"thinking","thinking":"","signature":""}',
};

const nothing: Usage = { inputTokens: 0, outputTokens: 0 };

const hasStopDetails = (event: ChatEvent): boolean =>
  event.type === "reply-end" && event.extras?.["stop_details"] !== undefined;

/**
 * Writes a streamed message. Frames that came in this dialect and fit to what was written so far pass as they are;
 * everything else is written from its events.
 */
export const createEncoder = (options: EncodeOptions): EventEncoder => {
  const blocks = createBlockWriter();
  const tellsProofs = asksForThinking(options.request);
  const state: MessageState = {
    blocks,
    isStarted: false,
    isEnded: false,
    isOver: false,
    usage: undefined,
    told: new Set(),
    ending: undefined,
  };
  let isRefusal = false;
  // The tool block that was announced last, for the call that follows.
  let announced: { readonly source: number | undefined; readonly block: Json } | undefined;

  const start = (head: Omit<ReplyStart, "type">, known?: Usage): void => {
    if (state.isStarted) return;
    state.isStarted = true;
    // What was read; often that is known only at the end, and `message_delta` then tells it. Clients add what was written
    // by now to what they are told there, so nothing was.
    const { reasoningTokens: _later, ...read } = { ...(known ?? nothing), outputTokens: 0 };
    const usage = encodeUsage(read, head.serviceTier);
    const message = { ...encodeHead(head, options), content: [], stop_reason: null, stop_sequence: null, usage };
    blocks.write(toFrame("message_start", JSON.stringify({ type: "message_start", message })));
  };

  /** Everything that was held back, and the end. */
  const finish = (): void => {
    const { ending, usage, isEnded } = state;
    state.isOver = true;
    start({});
    if (!isEnded) {
      if (ending === undefined || ending.finishReason === "error") {
        blocks.write(toFrame("error", encodeError(gaveUp(), options.requestId)));
        return;
      }
      blocks.endAll();
      const message = { type: "message_delta", delta: encodeEnding(ending, isRefusal), usage: encodeUsage(usage) };
      blocks.write(toFrame("message_delta", JSON.stringify(message)));
    }
    blocks.write(toFrame("message_stop", '{"type":"message_stop"}'));
  };

  /** The last block, if more text or reasoning goes to it. */
  const openBlock = (kind: "text" | "thinking", source: number | undefined): OutgoingBlock | undefined => {
    const last = blocks.last();
    if (last?.kind !== kind || last.isEnded) return undefined;
    return (source === undefined ? !last.isSealed : last.source === source) ? last : undefined;
  };

  const blockFor = (kind: "text" | "thinking", source: number | undefined): OutgoingBlock =>
    openBlock(kind, source) ?? blocks.begin(kind, starts[kind], { source });

  /** A block that holds nothing but a proof. */
  const writeProof = (proof: Proof): void => {
    if (tellsProofs) blocks.end(blocks.begin("thinking", JSON.stringify(proofBlock(proof)), {}));
  };

  const writeText = (text: string, source?: number): void => {
    if (text !== "") blocks.add(blockFor("text", source), `{"type":"text_delta","text":${JSON.stringify(text)}}`);
  };

  const writeReasoning = (event: ReasoningDelta): void => {
    const { text, block: source, encrypted } = event;
    if (encrypted?.format === signatureFormat) {
      const redacted = JSON.stringify({ type: "redacted_thinking", data: encrypted.value });
      blocks.end(blocks.begin("thinking", redacted, { source }));
    }
    if (text !== "") {
      blocks.add(blockFor("thinking", source), `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`);
    }
    const signature = writeSignature(event, tellsProofs);
    if (signature === undefined) return;
    const open = openBlock("thinking", source);
    if (open === undefined && isWrapped(signature)) {
      // There is no text it belongs to.
      blocks.end(blocks.begin("thinking", JSON.stringify({ type: "redacted_thinking", data: signature }), { source }));
      return;
    }
    const block = open ?? blockFor("thinking", source);
    blocks.add(block, `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`);
    block.isSealed = true;
  };

  const writeContent = (event: ChatEvent, batch: EventBatch): void => {
    switch (event.type) {
      case "text-delta":
        writeText(event.text, event.block);
        if (event.signature !== undefined) writeProof({ kind: "text", signature: event.signature });
        return;
      case "reasoning-delta":
        return writeReasoning(event);
      case "refusal-delta":
        isRefusal = true;
        // Anthropic's own refusals are told in `stop_details`, which come right after, and not in the text.
        return batch.some(hasStopDetails) ? undefined : writeText(event.text);
      case "citation": {
        const citation = encodeCitation(event.citation);
        if (citation === undefined || state.told.has(citation)) return;
        return blocks.add(blockFor("text", event.block), JSON.stringify({ type: "citations_delta", citation }));
      }
      case "tool-call-start": {
        const { signature, id } = event;
        if (signature !== undefined) writeProof({ kind: "call", signature, call: id });
        const content = { ...announced?.block, type: "tool_use", id: event.id, name: event.name, input: {} };
        blocks.begin("tool", JSON.stringify(content), { source: announced?.source, call: event.index });
        announced = undefined;
        return;
      }
      case "tool-call-delta":
      case "tool-call-end": {
        const block = blocks.find(({ call }) => call === event.index);
        if (block === undefined) return;
        if (event.type === "tool-call-end") return blocks.end(block);
        return blocks.add(block, `{"type":"input_json_delta","partial_json":${JSON.stringify(event.arguments)}}`);
      }
      default:
    }
  };

  /** What only this dialect knows and came without its frame, or at a place where the frame does not fit. */
  const writeOpaque = ({ dialect, name, value }: OpaqueEvent): void => {
    if (dialect !== dialectId || !isObject(value)) return;
    const source = sourceIndexOf(value);
    switch (name) {
      case "content_block_start": {
        const kind = blockKindOf(value);
        const block = objectIn(value, "content_block") ?? {};
        if (kind === "tool") announced = { source, block };
        if (kind === "opaque" && !state.isEnded) {
          start({});
          blocks.begin(kind, JSON.stringify(block), { source });
        }
        return;
      }
      case "content_block_delta":
      case "content_block_stop": {
        const block = blocks.find((candidate) => candidate.source === source);
        if (block === undefined || citationIn(value) !== undefined) return;
        return name === "content_block_stop"
          ? blocks.end(block)
          : blocks.add(block, JSON.stringify(value["delta"] ?? {}));
      }
      case "message_stop":
        return finish();
      default:
        blocks.write(toFrame(name, JSON.stringify(value)));
    }
  };

  const write = (event: ChatEvent, batch: EventBatch): void => {
    switch (event.type) {
      case "reply-start":
        return start(event, batch.find((other) => other.type === "usage")?.usage);
      case "usage":
        state.usage = event.usage;
        return;
      case "reply-end":
        if (event.choice === 0) state.ending ??= event;
        return;
      case "opaque":
        return writeOpaque(event);
      default:
        // This dialect has one choice, and nothing comes after its end.
        if (event.choice !== 0 || state.isEnded) return;
        start({});
        writeContent(event, batch);
    }
  };

  return {
    encode: (batch) => {
      for (let index = 0; index < batch.length && !state.isOver;) {
        const frame = intactFrame(batch, index, dialectId, "stream");
        if (frame !== undefined && passFrame(state, frame)) {
          index += frame.events.length;
          continue;
        }
        const event = batch[index++];
        if (event !== undefined) write(event, batch);
      }
      return blocks.take();
    },
    end: () => {
      if (!state.isOver) finish();
      return blocks.take();
    },
    fail: (error) => {
      if (state.isOver) return "";
      state.isOver = true;
      return toFrame("error", encodeError(error, options.requestId));
    },
  };
};
