import type { Block } from "./prompt.ts";
import { countTokens } from "./tokens.ts";

/** Tokens of one exchange. `inputTokens` and `outputTokens` are totals; the others are parts of them. */
export interface Usage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  /** Kept for five minutes. */
  readonly cacheWriteTokens: number;
  /** Kept for an hour. */
  readonly cacheWriteHourTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

const tokensPerMessage = 4;
const tokensPerAttachment = 256;

/** Input tokens of one block, its framing included. */
export const blockTokens = (block: Block): number =>
  countTokens(block.text) + tokensPerMessage + (block.attachments ?? 0) * tokensPerAttachment;

/** Input tokens of a whole prompt. */
export const promptTokens = (blocks: readonly Block[]): number =>
  blocks.reduce((sum, block) => sum + blockTokens(block), 0);

/** Output tokens of the thinking of a choice. */
export const reasoningTokens = (choice: { readonly reasoning: string }): number => countTokens(choice.reasoning);

interface Shown {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly argumentsText: string }[];
}

/** Output tokens of what a choice shows: text and calls. */
export const visibleTokens = (choice: Shown): number =>
  countTokens(choice.text) +
  choice.calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.argumentsText), 0);
