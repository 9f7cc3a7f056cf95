import { toDataUrl } from "../../chat/media.ts";
import type { ImagePart, Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { nameForeignFields } from "../foreign-fields.ts";
import type { Losses } from "../losses.ts";
import { encodeDocument, inlineDocument } from "./documents.ts";

/** What the encoders of one conversation share. */
export interface MessageScope {
  readonly losses: Losses;
  /** The model takes its thoughts back. */
  readonly thinks: boolean;
  /** The request may hold documents beside its messages. */
  readonly takesDocuments: boolean;
}

export interface EncodedMessages {
  readonly messages: readonly Json[];
  /** Files of the user: the provider takes them beside the conversation, and cites from them. */
  readonly documents: readonly Json[];
}

/** Writes the conversation. Images a tool returned follow the results of its turn as a message of the user. */
export const encodeMessages = (conversation: readonly Message[], scope: MessageScope): EncodedMessages => {
  const messages: Json[] = [];
  const documents: Json[] = [];
  let images: Json[] = [];
  const flushImages = (): void => {
    if (images.length > 0) messages.push({ role: "user", content: images });
    images = [];
  };
  for (const message of conversation) {
    nameForeignFields(message, scope.losses);
    if (message.role === "tool") {
      for (const part of message.parts) {
        if (part.type !== "tool-result") continue;
        const result = encodeResult(part, scope.losses);
        messages.push(result.message);
        images.push(...result.images);
      }
      continue;
    }
    flushImages();
    if (message.role === "assistant") messages.push(...encodeAssistant(message, scope));
    else if (message.role === "user") messages.push(encodeUser(message, documents, scope));
    else messages.push({ role: "system", content: toContent(onlyText(message.parts, "system", scope.losses)) });
  }
  flushImages();
  return { messages, documents };
};

const place = "messages[].content[].";

/** Content as a string where it is but one text: that is what every model takes. Empty texts are refused. */
const toContent = (parts: readonly Json[]): string | readonly Json[] => {
  const filled = parts.filter((part) => part["text"] !== "");
  const [only, ...more] = filled;
  if (only === undefined) return "";
  return more.length === 0 && only["type"] === "text" ? String(only["text"]) : filled;
};

/** What a client calls each kind of part that has a name of its own. */
const names: Partial<Record<Part["type"], string>> = { image: "image_url", audio: "input_audio", file: "file" };

/** The part where it is text; media that cannot stand here are refused by their name. */
const encodeText = (part: Part, why: string, losses: Losses): readonly Json[] => {
  const name = names[part.type];
  if (name !== undefined) losses.meaning(place + name, why);
  if (part.type === "text" || part.type === "refusal") return [{ type: "text", text: part.text }];
  if (part.type === "opaque") losses.tuning("messages[].content");
  return [];
};

const onlyText = (parts: readonly Part[], role: string, losses: Losses): readonly Json[] =>
  parts.flatMap((part) => encodeText(part, `its ${role} messages hold text only`, losses));

const encodeUser = ({ parts }: Message, documents: Json[], { losses, takesDocuments }: MessageScope): Json => {
  // A turn must not be empty, so documents that are all of it stay in it.
  const leavesText = parts.some((part) => part.type === "text" && part.text !== "");
  const content: Json[] = [];
  for (const part of parts) {
    if (part.type === "image") content.push(...encodeImage(part, losses));
    else if (part.type !== "file") content.push(...encodeText(part, "it takes no sound", losses));
    else if (takesDocuments && leavesText) documents.push(...listOf(encodeDocument(part, losses)));
    else content.push(...listOf(inlineDocument(part, losses)));
  }
  return { role: "user", content: toContent(content) };
};

const listOf = (value: Json | undefined): readonly Json[] => (value === undefined ? [] : [value]);

const encodeImage = ({ source, detail }: ImagePart, losses: Losses): readonly Json[] => {
  if (source.type === "url" || source.type === "base64") {
    const url = source.type === "url" ? source.url : toDataUrl(source);
    const image_url = present({ url, detail: detail === "original" ? "high" : detail });
    return [{ type: "image_url", image_url }];
  }
  losses.meaning(`${place}image_url`, "it takes images by address or as data");
  return [];
};

/** What another family proved is for that family only. */
const isForeign = ({ signature, encrypted }: ReasoningPart): boolean =>
  signature !== undefined || encrypted !== undefined;

/** Nothing for a turn of which nothing is left. A model that does not think takes its plan before tool calls back. */
const encodeAssistant = ({ parts }: Message, { losses, thinks }: MessageScope): readonly Json[] => {
  const calls = parts.filter((part) => part.type === "tool-call");
  const content: Json[] = [];
  let plan = "";
  for (const part of parts) {
    if (part.type !== "reasoning") content.push(...encodeText(part, "its assistant messages hold text only", losses));
    else if (isForeign(part) || part.text === "") continue;
    else if (thinks) content.push({ type: "thinking", thinking: part.text });
    else plan += part.text;
  }
  const written = toContent(content);
  if (written === "" && calls.length === 0) return [];
  const message = {
    role: "assistant",
    content: written === "" ? undefined : written,
    tool_plan: plan === "" || calls.length === 0 ? undefined : plan,
    tool_calls: calls.length === 0 ? undefined : calls.map(encodeCall),
  };
  return [present(message)];
};

const encodeCall = ({ id, kind, name, arguments: text }: ToolCallPart): Json => ({
  id,
  type: "function",
  function: { name, arguments: kind === "custom" ? JSON.stringify({ input: text }) : text || "{}" },
});

const encodeResult = (
  { toolCallId, content }: ToolResultPart,
  losses: Losses,
): { readonly message: Json; readonly images: readonly Json[] } => {
  const written: Json[] = [];
  const images: Json[] = [];
  for (const part of content) {
    if (part.type === "image") images.push(...encodeImage(part, losses));
    else if (part.type === "file") {
      for (const document of listOf(encodeDocument(part, losses))) written.push({ type: "document", document });
    } else written.push(...encodeText(part, "its tool messages hold text and documents only", losses));
  }
  if (images.length > 0) images.unshift({ type: "text", text: `Returned by the tool call ${toolCallId}:` });
  return { message: { role: "tool", tool_call_id: toolCallId, content: toContent(written) }, images };
};
