import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { toCallId } from "./call-ids.ts";
import { encodeContent, encodeShortly } from "./encode-content.ts";
import { encodeReasoning } from "./encode-reasoning.ts";
import { ownExtras, type EncodeScope } from "./encode-scope.ts";
import { isItem } from "./item-mark.ts";

export interface EncodedInput {
  readonly instructions: string | undefined;
  /** None where a prompt that the provider keeps says it all. */
  readonly input: readonly Json[] | undefined;
}

/** Writes the conversation as items. A system text that opens it becomes the instructions. */
export const encodeInput = ({ messages }: ChatRequest, scope: EncodeScope): EncodedInput => {
  const [first] = messages;
  const instructions = first === undefined || messages.length === 1 ? undefined : instructionsOf(first, scope);
  const rest = instructions === undefined ? messages : messages.slice(1);
  const customCalls = new Set(
    messages.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === "tool-call" && part.kind === "custom" ? [part.id] : [])),
    ),
  );
  const input = rest.flatMap((message) => encodeMessage(message, customCalls, scope));
  return { instructions, input: input.length === 0 ? undefined : input };
};

const instructionsOf = ({ role, parts, extras }: Message, { quirks }: EncodeScope): string | undefined => {
  const [only] = parts;
  if (role !== "system" || extras !== undefined || parts.length !== 1 || only?.type !== "text") return undefined;
  // Only a part can be marked.
  const isMarked = only.cacheHint !== undefined && quirks.cacheBreakpoints === true;
  return only.extras === undefined && !isMarked ? only.text : undefined;
};

const encodeMessage = (message: Message, customCalls: ReadonlySet<string>, scope: EncodeScope): readonly Json[] => {
  if (message.name !== undefined) scope.losses.tuning("messages[].name");
  switch (message.role) {
    case "assistant":
      return encodeAssistant(message, scope);
    case "tool":
      return message.parts.flatMap((part) =>
        part.type === "tool-result" ? [encodeResult(part, customCalls, scope)] : [],
      );
    default: {
      const items = ownItems(message.parts, scope);
      if (items.length > 0) return items;
      const extras = ownExtras(scope, message.extras, "messages[].");
      return [{ ...extras, type: "message", role: message.role, content: encodeShortly(message.parts, scope) }];
    }
  }
};

/** Whole items that only this dialect knows stand in a message of their own. */
const ownItems = (parts: readonly Part[], { isOwn }: EncodeScope): readonly Json[] =>
  isOwn ? parts.flatMap((part) => (isItem(part) && isObject(part.value) ? [part.value] : [])) : [];

const encodeResult = (part: ToolResultPart, customCalls: ReadonlySet<string>, scope: EncodeScope): Json => ({
  ...ownExtras(scope, part.extras, "messages[]."),
  type: customCalls.has(part.toolCallId) ? "custom_tool_call_output" : "function_call_output",
  call_id: toCallId(part.toolCallId),
  output: encodeShortly(hintedContent(part), scope),
});

/** What a tool said, with a hint on all of it on its last part. */
const hintedContent = ({ content, cacheHint }: ToolResultPart): readonly Part[] => {
  const last = content.at(-1);
  return cacheHint === undefined || last === undefined ? content : [...content.slice(0, -1), { ...last, cacheHint }];
};

const encodeCall = (call: ToolCallPart, scope: EncodeScope): Json => ({
  ...ownExtras(scope, call.extras, "messages[].tool_calls[]."),
  ...(call.kind === "custom"
    ? { type: "custom_tool_call", call_id: toCallId(call.id), name: call.name, input: call.arguments }
    : { type: "function_call", call_id: toCallId(call.id), name: call.name, arguments: call.arguments || "{}" }),
});

/** One item for each run of reasoning, each run of text, and each call, in the order the model made them. */
const encodeAssistant = (message: Message, scope: EncodeScope): readonly Json[] => {
  const items: Json[] = [];
  let reasoning: ReasoningPart[] = [];
  let content: Json[] = [];
  let extras = ownExtras(scope, message.extras, "messages[].");
  const flushReasoning = (): void => {
    items.push(...encodeReasoning(reasoning, scope.isOwn));
    reasoning = [];
  };
  const flushContent = (): void => {
    if (content.length > 0) items.push({ ...extras, type: "message", role: "assistant", content });
    content = [];
    extras = {};
  };
  const addContent = (part: Json): void => {
    flushReasoning();
    content.push(part);
  };
  for (const part of message.parts) {
    switch (part.type) {
      case "reasoning":
        flushContent();
        reasoning.push(part);
        break;
      case "text": {
        const { item, ...own } = ownExtras(scope, part.extras, "messages[].content[].");
        if (isObject(item)) {
          flushContent();
          extras = item;
        }
        // Empty texts are refused.
        if (part.text !== "") addContent({ ...own, type: "output_text", text: part.text });
        break;
      }
      case "refusal":
        addContent({ type: "refusal", refusal: part.text });
        break;
      case "tool-call":
        flushContent();
        flushReasoning();
        items.push(encodeCall(part, scope));
        break;
      case "opaque":
        if (!isItem(part)) {
          content.push(...encodeContent([part], scope));
          break;
        }
        flushContent();
        flushReasoning();
        if (isObject(part.value)) items.push(part.value);
        break;
      default:
        content.push(...encodeContent([part], scope));
    }
  }
  flushContent();
  // Reasoning must be followed by what it led to; of a turn that was cut short it is left out.
  if (scope.isOwn) flushReasoning();
  return items;
};
