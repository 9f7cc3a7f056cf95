import type { ChatEvent, FinishReason, OpaqueEvent, Vector } from "./event.ts";
import type { Citation, Extras, Part, ReasoningPart, TextPart, ToolCallPart } from "./message.ts";
import type { Reply } from "./reply.ts";
import type { Target } from "./target.ts";
import type { Usage } from "./usage.ts";

export interface Choice {
  readonly index: number;
  /** Text, reasoning, refusal, tool calls, and what only its dialect can say, in the order the model made them. */
  readonly parts: readonly Part[];
  readonly citations: readonly Citation[];
  /** The vector of each input, in their order; only of `embeddings`. */
  readonly embeddings?: readonly Vector[];
  readonly logprobs?: readonly unknown[];
  readonly finishReason: FinishReason;
  readonly nativeFinishReason?: string;
  readonly stopSequence?: string;
  readonly extras?: Extras;
}

/** A reply folded to one answer. */
export interface CollectedReply {
  readonly target?: Target;
  readonly id?: string;
  readonly model?: string;
  readonly created?: number;
  readonly serviceTier?: string;
  readonly systemFingerprint?: string;
  readonly extras?: Extras;
  readonly choices: readonly Choice[];
  readonly usage?: Usage;
  /** The first choice's text. */
  readonly text: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface OpenChoice {
  readonly index: number;
  readonly parts: Mutable<Part>[];
  readonly citations: Citation[];
  readonly calls: Map<number, Mutable<ToolCallPart>>;
  embeddings?: Vector[];
  logprobs?: unknown[];
  /** Block number of the last part, to tell a new block from more of the same. */
  block?: number | undefined;
  end?: Extract<ChatEvent, { type: "reply-end" }>;
}

/** Folds events to one answer, event by event. */
export interface Collector {
  readonly push: (event: ChatEvent) => void;
  /** What has come so far. A choice without an end is reported with finish reason `error`. */
  readonly result: () => CollectedReply;
}

export const createCollector = (target?: Target): Collector => {
  const choices = new Map<number, OpenChoice>();
  let start: Extract<ChatEvent, { type: "reply-start" }> | undefined;
  let usage: Usage | undefined;

  const choiceAt = (index: number): OpenChoice => {
    let choice = choices.get(index);
    if (choice === undefined) {
      choice = { index, parts: [], citations: [], calls: new Map() };
      choices.set(index, choice);
    }
    return choice;
  };

  /** The last part if `event` continues it, else a new one. */
  const partFor = <P extends TextPart | ReasoningPart | Extract<Part, { type: "refusal" }>>(
    choice: OpenChoice,
    block: number | undefined,
    fresh: P,
  ): Mutable<P> => {
    const last = choice.parts.at(-1);
    // A signed part is sealed: what follows belongs to the next one, or the signature would not match.
    const isSigned = (last?.type === "reasoning" || last?.type === "text") && last.signature !== undefined;
    const sealed = isSigned && block === undefined;
    if (last?.type === fresh.type && choice.block === block && !sealed) return last as Mutable<P>;
    choice.block = block;
    choice.parts.push(fresh);
    return fresh;
  };

  const keep = ({ choice: index, part }: NonNullable<OpaqueEvent["completes"]>): void => {
    const choice = choiceAt(index);
    choice.parts.push(part);
    choice.block = undefined;
  };

  const push = (event: ChatEvent): void => {
    switch (event.type) {
      case "reply-start":
        start ??= event;
        return;
      case "usage":
        usage = event.usage;
        return;
      case "opaque":
        if (event.completes !== undefined) keep(event.completes);
        return;
      default:
    }
    const choice = choiceAt(event.choice);
    switch (event.type) {
      case "text-delta": {
        if (event.logprobs !== undefined) (choice.logprobs ??= []).push(...event.logprobs);
        if (event.text === "" && event.signature === undefined) return;
        const part = partFor<TextPart>(choice, event.block, { type: "text", text: "" });
        part.text += event.text;
        if (event.signature !== undefined) part.signature = event.signature;
        return;
      }
      case "reasoning-delta": {
        const part = partFor<ReasoningPart>(choice, event.block, { type: "reasoning", text: "" });
        part.text += event.text;
        if (event.summary !== undefined) part.summary = event.summary;
        if (event.signature !== undefined) {
          // Signatures may come in pieces, like the text they sign.
          const before = part.signature?.value ?? "";
          part.signature = { format: event.signature.format, value: before + event.signature.value };
        }
        if (event.encrypted !== undefined) part.encrypted = event.encrypted;
        if (event.id !== undefined) part.id = event.id;
        return;
      }
      case "refusal-delta":
        if (event.text !== "") partFor(choice, undefined, { type: "refusal", text: "" }).text += event.text;
        return;
      case "tool-call-start": {
        const { id, name, kind, signature } = event;
        const call: Mutable<ToolCallPart> = { type: "tool-call", kind, id, name, arguments: "" };
        if (signature !== undefined) call.signature = signature;
        choice.calls.set(event.index, call);
        choice.parts.push(call);
        choice.block = undefined;
        return;
      }
      case "tool-call-delta": {
        const call = choice.calls.get(event.index);
        if (call !== undefined) call.arguments += event.arguments;
        return;
      }
      case "tool-call-end":
        return;
      case "citation":
        choice.citations.push(event.citation);
        return;
      case "embedding":
        (choice.embeddings ??= [])[event.index] = event.vector;
        return;
      case "reply-end":
        choice.end = event;
    }
  };

  const result = (): CollectedReply => {
    const { frame: _frame, type: _type, ...head } = start ?? { type: "reply-start" as const };
    const folded = [...choices.values()].toSorted((a, b) => a.index - b.index).map(foldChoice);
    let text = "";
    for (const part of folded[0]?.parts ?? []) if (part.type === "text") text += part.text;
    return {
      ...(target === undefined ? {} : { target }),
      ...head,
      choices: folded,
      ...(usage === undefined ? {} : { usage }),
      text,
    };
  };
  return { push, result };
};

const foldChoice = ({ index, parts, citations, embeddings, logprobs, end }: OpenChoice): Choice => ({
  index,
  parts,
  citations,
  ...(embeddings === undefined ? {} : { embeddings }),
  ...(logprobs === undefined ? {} : { logprobs }),
  finishReason: end?.finishReason ?? "error",
  ...(end?.nativeFinishReason === undefined ? {} : { nativeFinishReason: end.nativeFinishReason }),
  ...(end?.stopSequence === undefined ? {} : { stopSequence: end.stopSequence }),
  ...(end?.extras === undefined ? {} : { extras: end.extras }),
});

/**
 * Reads a reply to its end and folds it to one answer.
 *
 * @throws GatewayError where the provider failed on the way.
 */
export const collect = async (reply: Reply): Promise<CollectedReply> => {
  const collector = createCollector(reply.target);
  for await (const batch of reply.batches) for (const event of batch) collector.push(event);
  return collector.result();
};
