import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import type { Quirks } from "../quirks.ts";
import { cacheControl, encodeContent, encodeParts, encodeText, ownExtras, type EncodeScope } from "./encode-parts.ts";
import { thoughtSignatureFormat } from "./identity.ts";
import { writeImages } from "./images.ts";
import { wrap } from "./nested.ts";
import { writeDetails } from "./reasoning-details.ts";
import { reasoningText } from "./reasoning.ts";
import { toCallId } from "./tool-call-ids.ts";

/** Writes the conversation. Images a tool returned follow the results of its turn as a message of the user. */
export const encodeMessages = (request: ChatRequest, scope: EncodeScope): readonly Json[] => {
  const messages: Json[] = [];
  let media: readonly Json[] = [];
  const flushMedia = (): void => {
    if (media.length > 0) messages.push({ role: "user", content: media });
    media = [];
  };
  for (const message of withHint(request)) {
    if (message.role === "tool") {
      for (const part of message.parts) {
        if (part.type !== "tool-result") continue;
        messages.push(encodeResult(part, scope));
        media = [...media, ...mediaOf(part, scope)];
      }
      continue;
    }
    flushMedia();
    const written = message.role === "assistant" ? encodeAssistant(message, scope) : encodeSpeech(message, scope);
    if (written !== undefined) messages.push(written);
  }
  flushMedia();
  return messages;
};

/** A hint on the request as a whole stands for one on its last part. */
const withHint = ({ messages, cacheHint }: ChatRequest): readonly Message[] => {
  const message = messages.at(-1);
  const part = message?.parts.at(-1);
  if (cacheHint === undefined || message === undefined || part === undefined) return messages;
  return [...messages.slice(0, -1), { ...message, parts: [...message.parts.slice(0, -1), { ...part, cacheHint }] }];
};

const common = ({ name, extras }: Message, scope: EncodeScope): Json => {
  const takesName = scope.target.quirks.messageName !== false;
  if (name !== undefined && !takesName) scope.losses.tuning("messages[].name");
  return { ...ownExtras(scope, extras, "messages[]."), ...(name === undefined || !takesName ? {} : { name }) };
};

const encodeSpeech = (message: Message, scope: EncodeScope): Json => ({
  ...common(message, scope),
  role: message.role === "developer" && scope.target.quirks.developerRole !== true ? "system" : message.role,
  content: encodeContent(message.parts, scope),
});

const encodeResult = (part: ToolResultPart, scope: EncodeScope): Json => {
  const { toolCallId, content, name, extras, cacheHint } = part;
  const text = content.filter(({ type }) => type === "text" || type === "refusal");
  const last = text.at(-1);
  const hinted = cacheHint === undefined || last === undefined ? text : [...text.slice(0, -1), { ...last, cacheHint }];
  const { quirks } = scope.target;
  return {
    ...ownExtras(scope, extras, "messages[]."),
    role: "tool",
    tool_call_id: toCallId(toolCallId, quirks),
    ...(scope.isOwn && name !== undefined && quirks.messageName !== false ? { name } : {}),
    content: encodeText(hinted, scope, "\n"),
  };
};

/** Tool messages hold text only: what else a tool returned, and a word on where it is from. */
const mediaOf = ({ content, toolCallId }: ToolResultPart, scope: EncodeScope): readonly Json[] => {
  const media = encodeParts(
    content.filter(({ type }) => type === "image" || type === "file" || type === "audio"),
    scope,
  );
  if (media.length === 0) return [];
  const text = `Returned by the tool call ${toCallId(toolCallId, scope.target.quirks)}:`;
  return [{ type: "text", text }, ...media];
};

/** `undefined` for a turn of which nothing is left, such as one that held only another family's reasoning. */
const encodeAssistant = (message: Message, scope: EncodeScope): Json | undefined => {
  const { parts } = message;
  const { quirks } = scope.target;
  const calls = parts.filter((part) => part.type === "tool-call");
  // The place for images is one that OpenRouter added: its clients write to it whoever is asked.
  const images = scope.isOwn || quirks.openrouterExtensions === true ? writeImages(parts) : undefined;
  const isImage = (part: Part): boolean =>
    part.type === "image" || (part.type === "opaque" && part.image !== undefined);
  const content = parts.filter((part) => part.type !== "refusal" && (images === undefined || !isImage(part)));
  const refusal = parts.flatMap((part) => (part.type === "refusal" ? [part.text] : [])).join("");
  const text = encodeText(content, { ...scope, isAnswer: true }, "");
  const reasoning = encodeReasoning(parts, calls.length > 0, quirks);
  const isEmpty =
    text === "" && refusal === "" && calls.length === 0 && images === undefined && Object.keys(reasoning).length === 0;
  const isOdd = parts.length > 0 || quirks.noEmptyTurns === true;
  if (isEmpty && isOdd && message.extras === undefined) return undefined;
  return {
    ...common(message, scope),
    role: "assistant",
    content: text,
    ...(refusal === "" ? {} : { refusal }),
    ...reasoning,
    ...(images === undefined ? {} : { images }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => encodeCall(call, scope)) }),
  };
};

const encodeCall = (call: ToolCallPart, scope: EncodeScope): Json => {
  const { quirks } = scope.target;
  const { kind, name, signature } = call;
  const fields = kind === "custom" ? { name, input: call.arguments } : { name, arguments: call.arguments || "{}" };
  const goesBack = quirks.thoughtSignatures === true && signature?.format === thoughtSignatureFormat;
  return {
    ...wrap(kind, fields, ownExtras(scope, call.extras, "messages[].tool_calls[].")),
    id: toCallId(call.id, quirks),
    type: kind,
    ...(goesBack ? { extra_content: { google: { thought_signature: signature.value } } } : {}),
    ...cacheControl(scope, call.cacheHint),
  };
};

const isProven = ({ signature, encrypted }: ReasoningPart): boolean =>
  signature !== undefined || encrypted !== undefined;

/** A turn's reasoning in the field the server reads it from. What carries another family's proof is not for it. */
const encodeReasoning = (parts: readonly Part[], hasCalls: boolean, quirks: Quirks): Json => {
  const field = quirks.reasoningField;
  if (field === undefined) return {};
  const isNeeded = hasCalls && quirks.reasoningRequired === "tool-turns";
  if (field === "reasoning_details") {
    const details = writeDetails(parts);
    return details.length > 0 || isNeeded ? { reasoning_details: details } : {};
  }
  const text = reasoningText(parts.filter((part) => part.type !== "reasoning" || !isProven(part)));
  return text !== "" || isNeeded ? { [field]: text } : {};
};
