import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, present, stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { decodeCitation, decodeEnd, decodeMetadata, decodeReasoning, isServerTool } from "./decode-blocks.ts";
import { decodeError } from "./errors.ts";
import { dialectId } from "./identity.ts";
import { traitsOf } from "./model-traits.ts";

/** The events of a whole answer. */
export const decodeReply = (body: Json, options: DecodeOptions): readonly ChatEvent[] => {
  const message = objectIn(objectIn(body, "output") ?? {}, "message");
  const stopReason = stringIn(body, "stopReason");
  if (!Array.isArray(message?.["content"]) || stopReason === undefined) throw notAnAnswer(body, options);
  const blocks = createBlockReader(options);
  const contents = arrayIn(message, "content").flatMap((block, index) =>
    isObject(block) ? blocks.read(block, index) : [],
  );
  const tier = stringIn(objectIn(body, "serviceTier") ?? {}, "type");
  return [
    present({ type: "reply-start" as const, serviceTier: tier }),
    ...contents,
    ...decodeMetadata(body),
    decodeEnd(body, stopReason, blocks.toolCalls() > 0),
  ];
};

const notAnAnswer = (body: Json, { provider }: DecodeOptions): UpstreamError => {
  // Requests that no service was found for are answered with status 200.
  const error = [body, objectIn(body, "Output") ?? {}].find((part) => stringIn(part, "__type") !== undefined);
  return error === undefined
    ? new UpstreamError("upstream_invalid_response", `${provider} answered without a message or stop reason.`, {
        provider,
      })
    : toUpstreamError(decodeError(error), { provider });
};

/** Reads the blocks of one answer in order. */
interface BlockReader {
  readonly read: (block: Json, index: number) => readonly ChatEvent[];
  readonly toolCalls: () => number;
}

const createBlockReader = ({ model, info, requestId }: DecodeOptions): BlockReader => {
  const { signatureFormat } = traitsOf(model, info);
  let textLength = 0;
  let toolCalls = 0;

  const readText = (text: string, block: number): ChatEvent => {
    textLength += text.length;
    return { type: "text-delta", choice: 0, text, block };
  };

  const readCited = (cited: Json, block: number): readonly ChatEvent[] => {
    const start = textLength;
    const texts = arrayIn(cited, "content")
      .filter(isObject)
      .map((content) => readText(stringIn(content, "text") ?? "", block));
    const span = { start, end: textLength };
    const citations = arrayIn(cited, "citations").filter(isObject);
    return [
      ...texts,
      ...citations.map((citation): ChatEvent => {
        return { type: "citation", choice: 0, citation: decodeCitation(citation, span), block };
      }),
    ];
  };

  const readCall = (use: Json): readonly ChatEvent[] => {
    const index = toolCalls++;
    return [
      {
        type: "tool-call-start",
        choice: 0,
        index,
        id: stringIn(use, "toolUseId") ?? madeCallId(requestId, index),
        name: stringIn(use, "name") ?? "",
        kind: "function",
      },
      { type: "tool-call-delta", choice: 0, index, arguments: JSON.stringify(use["input"] ?? {}) },
      { type: "tool-call-end", choice: 0, index },
    ];
  };

  return {
    toolCalls: () => toolCalls,
    read: (block, index) => {
      const text = stringIn(block, "text");
      if (text !== undefined) return [readText(text, index)];
      const cited = objectIn(block, "citationsContent");
      if (cited !== undefined) return readCited(cited, index);
      const use = objectIn(block, "toolUse");
      if (use !== undefined && !isServerTool(use)) return readCall(use);
      const reasoning = objectIn(block, "reasoningContent");
      if (reasoning === undefined) {
        const name = Object.keys(block)[0] ?? "block";
        return [opaqueWhole(name, 0, { type: "opaque", dialect: dialectId, value: block })];
      }
      return decodeReasoning({ ...objectIn(reasoning, "reasoningText"), ...reasoning }, index, signatureFormat);
    },
  };
};
