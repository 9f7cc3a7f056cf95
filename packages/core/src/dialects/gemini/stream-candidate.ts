import type { ChatEvent, ReplyEnd } from "../../chat/event.ts";
import type { Citation, Part, ToolCallPart } from "../../chat/message.ts";
import { encodePart, type PartOptions } from "./encode-parts.ts";
import { encodeEnding, writeCandidate } from "./encode-reply.ts";
import { writeLogprobs } from "./logprobs.ts";

/** One candidate of a streamed answer, on its way to the client. */
export interface StreamCandidate {
  /** The candidate's JSON for a chunk that says what this event says; `undefined` where that has to wait. */
  readonly write: (event: ChatEvent) => string | undefined;
  /** How it ends, once that is known. */
  readonly end: () => ReplyEnd | undefined;
  /**
   * The candidate's JSON for the last chunk.
   *
   * @throws UpstreamError `upstream_invalid_response` for a tool call whose arguments are no JSON object.
   */
  readonly writeEnd: () => string;
}

export const createStreamCandidate = (index: number, thoughts: boolean): StreamCandidate => {
  const citations: Citation[] = [];
  // Calls go out whole, when they end.
  const calls = new Map<number, ToolCallPart>();
  // Those whose arguments are no object: only an answer that was cut at its limit may hold one.
  const unfinished: ToolCallPart[] = [];
  let text = "";
  let isRefusal = false;
  let end: ReplyEnd | undefined;

  const encode = (part: Part, wasCut = true): readonly string[] => {
    const options: PartOptions = { thoughts, wasCut };
    return encodePart(part, options);
  };
  const chunk = (parts: readonly string[], more?: object): string | undefined =>
    parts.length === 0 && more === undefined ? undefined : writeCandidate(index, parts, { ...more });

  return {
    write: (event) => {
      switch (event.type) {
        case "text-delta": {
          const { logprobs } = event;
          text += event.text;
          return chunk(
            encode({ ...pick(event), type: "text" }),
            logprobs === undefined ? undefined : { logprobsResult: writeLogprobs(logprobs) },
          );
        }
        case "refusal-delta":
          isRefusal = true;
          text += event.text;
          return chunk(encode({ type: "refusal", text: event.text }));
        case "reasoning-delta":
          return chunk(
            encode({
              ...pick(event),
              type: "reasoning",
              ...(event.encrypted === undefined ? {} : { encrypted: event.encrypted }),
            }),
          );
        case "tool-call-start": {
          const { id, name, kind, signature } = event;
          const call = { type: "tool-call", id, name, kind, arguments: "" } as const;
          calls.set(event.index, signature === undefined ? call : { ...call, signature });
          return undefined;
        }
        case "tool-call-delta": {
          const call = calls.get(event.index);
          if (call !== undefined) calls.set(event.index, { ...call, arguments: call.arguments + event.arguments });
          return undefined;
        }
        case "tool-call-end": {
          const call = calls.get(event.index);
          if (call === undefined) return undefined;
          calls.delete(event.index);
          const parts = encode(call);
          if (parts.length === 0) unfinished.push(call);
          return chunk(parts);
        }
        case "citation":
          citations.push(event.citation);
          return undefined;
        case "opaque":
          return chunk(encode(event.completes?.part ?? { type: "opaque", dialect: event.dialect, value: event.value }));
        case "reply-end":
          end = event;
          return undefined;
        default:
          return undefined;
      }
    },
    end: () => end,
    writeEnd: () => {
      const ending = end ?? { finishReason: "error" };
      const wasCut = ending.finishReason === "length";
      for (const call of unfinished) encode(call, wasCut);
      return writeCandidate(index, [], encodeEnding({ ...ending, citations, isRefusal }, text));
    },
  };
};

const pick = ({ text, signature }: Extract<ChatEvent, { type: "text-delta" | "reasoning-delta" }>) =>
  signature === undefined ? { text } : { text, signature };
