import type Anthropic from "@anthropic-ai/sdk";
import { endingOf, tidy, type Ending, type Said, type SaidCall, type SaidUsage } from "./said.ts";

type Message = Anthropic.Message;
type Event = Anthropic.RawMessageStreamEvent;

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  /** Arguments as a stream brought them. */
  readonly json?: string;
}

type Usage = Anthropic.Usage & { readonly output_tokens_details?: { readonly thinking_tokens?: number } | null };

const endings: Readonly<Record<string, Ending>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

const usageOf = (usage: Usage): SaidUsage => {
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage;
  return {
    input: usage.input_tokens + (read ?? 0) + (written ?? 0),
    output: usage.output_tokens,
    cacheRead: read ?? undefined,
    cacheWrite: written ?? undefined,
    reasoning: usage.output_tokens_details?.thinking_tokens,
  };
};

/** Reads a whole message. Blocks of server tools are the provider's own affair and are passed over. */
export const readMessage = (message: Message): Said => {
  // Its types do not know all blocks that are recorded.
  const blocks = message.content as readonly Block[];
  const details = message.stop_details as { readonly explanation?: string | null } | null | undefined;
  const calls = blocks
    .filter(({ type }) => type === "tool_use")
    .map(({ id, name = "", input, json }): SaidCall => ({ id, name, arguments: tidy(json || JSON.stringify(input)) }));
  return {
    id: message.id,
    model: message.model,
    choices: [
      {
        text: blocks.map(({ type, text }) => (type === "text" ? text : "")).join(""),
        reasoning: blocks.flatMap(({ type, thinking }) => (type === "thinking" && thinking ? [thinking] : [])),
        refusal: details?.explanation ?? "",
        calls,
        // A turn that is to be continued is not one with calls.
        finish: message.stop_reason === "pause_turn" ? "stop" : endingOf(endings, message.stop_reason, calls),
      },
    ],
    usage: usageOf(message.usage),
  };
};

const grow = (block: Block, delta: Anthropic.RawContentBlockDelta): Block => {
  switch (delta.type) {
    case "text_delta":
      return { ...block, text: (block.text ?? "") + delta.text };
    case "thinking_delta":
      return { ...block, thinking: (block.thinking ?? "") + delta.thinking };
    case "input_json_delta":
      return { ...block, json: (block.json ?? "") + delta.partial_json };
    default:
      return block;
  }
};

/** Puts the message of a stream together: later usage replaces earlier. */
export const addUpMessage = (events: readonly Event[]): Message => {
  let message: Message | undefined;
  const blocks: Block[] = [];
  for (const event of events) {
    // A proxy put a whole message into one frame.
    if ((event.type as string) === "message") return event as unknown as Message;
    if (event.type === "message_start") ({ message } = event);
    if (event.type === "content_block_start") blocks[event.index] = event.content_block;
    if (event.type === "content_block_delta") {
      const block = blocks[event.index];
      if (block === undefined) throw new Error("A block grows that has not begun.");
      blocks[event.index] = grow(block, event.delta);
    }
    if (event.type === "message_delta" && message !== undefined) {
      const said = Object.fromEntries(Object.entries(event.usage).filter(([, value]) => value !== null));
      message = { ...message, ...event.delta, usage: { ...message.usage, ...said } };
    }
  }
  if (message === undefined) throw new Error("There is no message in the stream.");
  return { ...message, content: blocks as unknown as Message["content"] };
};
