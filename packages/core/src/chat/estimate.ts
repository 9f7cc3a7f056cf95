import type { ChatEvent } from "./event.ts";
import type { Part } from "./message.ts";
import { sourceOf, type ChatRequest } from "./request.ts";

// Tokenizers differ and cost more than the estimate is worth. Four characters a token holds for English; other
// scripts take more tokens, so the estimate errs on the low side there and is always marked as one.
const charactersPerToken = 4;
/** What a picture or a document costs where nothing is known of it. */
const tokensPerMedium = 800;
const tokensPerMessage = 4;

/** Tokens of a text of that many characters. */
export const estimateTokens = (characters: number): number => Math.ceil(characters / charactersPerToken);

/** Tokens the prompt of a request will roughly take. */
export const estimateInputTokens = (request: ChatRequest): number => {
  let characters = 0;
  let tokens = 0;
  const add = (parts: readonly Part[]): void => {
    for (const part of parts) {
      switch (part.type) {
        case "text":
        case "reasoning":
        case "refusal":
          characters += part.text.length;
          break;
        case "tool-call":
          characters += part.name.length + part.arguments.length;
          break;
        case "tool-result":
          add(part.content);
          break;
        case "opaque":
          characters += JSON.stringify(part.value).length;
          break;
        default:
          if (part.source.type === "text") characters += part.source.text.length;
          else tokens += tokensPerMedium;
      }
    }
  };
  for (const message of request.messages) {
    tokens += tokensPerMessage;
    add(message.parts);
  }
  for (const tool of request.tools ?? []) characters += JSON.stringify(tool).length;
  return tokens + estimateTokens(characters);
};

/**
 * Whether the prompt is certain to fit without counting it: no token is shorter than a byte. Media are held by
 * reference or as base64, which is longer than what it stands for.
 */
export const surelyFits = (request: ChatRequest, contextWindow: number): boolean => {
  const bytes = sourceOf(request)?.bytes;
  return bytes !== undefined && bytes.byteLength < contextWindow;
};

/** Characters an event adds to the answer, for counting an answer whose provider does not. */
export const answerCharacters = (event: ChatEvent): number => {
  switch (event.type) {
    case "text-delta":
    case "reasoning-delta":
    case "refusal-delta":
      return event.text.length;
    case "tool-call-delta":
      return event.arguments.length;
    case "tool-call-start":
      return event.name.length;
    default:
      return 0;
  }
};
