import type { Json } from "./fixtures.ts";
import { endingOf, tidy, type Ending, type Said, type SaidCall } from "./said.ts";

interface Block {
  readonly text?: string;
  readonly reasoningContent?: { readonly text?: string; readonly reasoningText?: { readonly text?: string } };
  readonly toolUse?: {
    readonly toolUseId?: string;
    readonly name?: string;
    readonly input?: unknown;
    readonly type?: string;
  };
  readonly citationsContent?: { readonly content?: readonly { readonly text?: string }[] };
}

/** A whole answer. */
export interface ConverseBody {
  readonly output?: { readonly message?: { readonly content?: readonly Block[] } };
  readonly stopReason?: string;
  readonly usage?: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cacheReadInputTokens?: number;
    readonly cacheWriteInputTokens?: number;
  };
}

const endings: Readonly<Record<string, Ending>> = {
  end_turn: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
};

export const readConverse = ({ output, stopReason, usage }: ConverseBody): Said => {
  const blocks = output?.message?.content ?? [];
  const calls = blocks.flatMap(({ toolUse: use }): readonly SaidCall[] => {
    // Bedrock runs some tools itself.
    if (use === undefined || use.type === "server_tool_use") return [];
    const input = typeof use.input === "string" ? use.input : JSON.stringify(use.input);
    return [{ id: use.toolUseId, name: use.name ?? "", arguments: tidy(input) }];
  });
  return {
    choices: [
      {
        text: blocks
          .map(
            ({ text, citationsContent: cited }) => text ?? (cited?.content ?? []).map((piece) => piece.text).join(""),
          )
          .join(""),
        reasoning: blocks.flatMap(({ reasoningContent: content }) => {
          const text = content?.reasoningText?.text ?? content?.text ?? "";
          return text === "" ? [] : [text];
        }),
        refusal: "",
        calls,
        finish: endingOf(endings, stopReason, calls),
      },
    ],
    usage: usage && {
      input: usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0),
      output: usage.outputTokens,
      cacheRead: usage.cacheReadInputTokens,
      cacheWrite: usage.cacheWriteInputTokens,
    },
  };
};

interface Delta {
  readonly text?: string;
  readonly reasoningContent?: { readonly text?: string };
  readonly toolUse?: { readonly input?: string };
}

/** Puts the answer of a stream together. */
export const addUpConverse = (messages: readonly (readonly [type: string, payload: Json])[]): ConverseBody => {
  const blocks: Block[] = [];
  let stopReason: string | undefined;
  let usage: ConverseBody["usage"];
  for (const [type, payload] of messages) {
    const index = Number(payload["contentBlockIndex"] ?? 0);
    const { toolUse, reasoningContent: thought, text } = (payload["start"] ?? payload["delta"] ?? {}) as Block & Delta;
    const block = blocks[index];
    if (type === "contentBlockStart" && toolUse !== undefined) blocks[index] = { toolUse: { ...toolUse, input: "" } };
    if (type === "contentBlockDelta") {
      if (text !== undefined) blocks[index] = { text: (block?.text ?? "") + text };
      if (thought?.text !== undefined) {
        blocks[index] = { reasoningContent: { text: (block?.reasoningContent?.text ?? "") + thought.text } };
      }
      if (toolUse !== undefined) {
        const input = String(block?.toolUse?.input) + String(toolUse.input);
        blocks[index] = { toolUse: { ...block?.toolUse, input } };
      }
    }
    if (type === "messageStop") stopReason = String(payload["stopReason"]);
    if (type === "metadata") usage = payload["usage"] as ConverseBody["usage"];
  }
  return {
    output: { message: { content: Object.values(blocks) } },
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(usage === undefined ? {} : { usage }),
  };
};
