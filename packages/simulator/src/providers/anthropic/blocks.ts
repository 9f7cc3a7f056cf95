import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block } from "../../model/prompt.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";

const attachmentTypes = new Set(["image", "document", "search_result", "container_upload"]);

/** Blocks of tools that run at the provider come back as they were received and are not looked into. */
const isServerBlock = (type: string): boolean =>
  type === "server_tool_use" ||
  type === "compaction" ||
  type === "fallback" ||
  type.startsWith("mcp_tool_") ||
  type.endsWith("_tool_result");

const userTypes = new Set(["text", "tool_result", ...attachmentTypes]);
const assistantTypes = new Set(["text", "tool_use", "thinking", "redacted_thinking", "document"]);

const checkText = (text: unknown, path: string): string => {
  if (typeof text !== "string") return refuse("Field required", `${path}.text`);
  if (text === "") return refuse("text content blocks must be non-empty", path);
  return text.trim() === "" ? refuse("text content blocks must contain non-whitespace text", path) : text;
};

const checkAttachment = (block: JsonRecord, path: string): void => {
  const source = block["source"];
  if (block["type"] === "search_result" || block["type"] === "container_upload") return;
  if (!isRecord(source) || typeof source["type"] !== "string") return refuse("Field required", `${path}.source`);
  if (source["type"] === "base64" && (typeof source["data"] !== "string" || typeof source["media_type"] !== "string")) {
    refuse("base64 sources need data and media_type", `${path}.source`);
  }
};

const checkThinking = (block: JsonRecord, signer: Signer, path: string): void => {
  const hidden = block["type"] === "redacted_thinking";
  const signature = hidden ? block["data"] : block["signature"];
  const shown = hidden ? "redacted" : block["thinking"];
  if (typeof signature !== "string" || typeof shown !== "string") return refuse("Field required", `${path}.signature`);
  if (!signer.verify(signature, shown)) refuse(`Invalid \`signature\` in \`${String(block["type"])}\` block`, path);
};

const toolIdPattern = /^[a-zA-Z0-9_-]+$/u;

/**
 * Checks one content block of a message.
 *
 * @throws Refusal when the block does not belong there, lacks something, or carries thoughts that were altered.
 */
export const checkBlock = (block: unknown, role: string, signer: Signer, path: string): void => {
  const type = isRecord(block) ? block["type"] : undefined;
  if (!isRecord(block) || typeof type !== "string") return refuse("Input should be an object with a type", path);
  const known =
    role === "assistant"
      ? assistantTypes.has(type) || isServerBlock(type)
      : role === "user"
        ? userTypes.has(type)
        : type === "text";
  if (!known) return refuse(`Input tag '${type}' is not expected in a message of role '${role}'`, path);
  if (type === "text") checkText(block["text"], path);
  if (attachmentTypes.has(type)) checkAttachment(block, path);
  if (type === "thinking" || type === "redacted_thinking") checkThinking(block, signer, path);
  if (type === "tool_use") {
    if (typeof block["id"] !== "string" || !toolIdPattern.test(block["id"]))
      refuse("String should match pattern '^[a-zA-Z0-9_-]+$'", `${path}.id`);
    if (typeof block["name"] !== "string") refuse("Field required", `${path}.name`);
    if (!isRecord(block["input"])) refuse("Input should be an object", `${path}.input`);
  }
  if (type === "tool_result" && typeof block["tool_use_id"] !== "string")
    refuse("Field required", `${path}.tool_use_id`);
};

/** The words of a content field: a string, or blocks of which only text counts. */
export const textOf = (content: unknown): string =>
  typeof content === "string"
    ? content
    : asArray(content)
        .flatMap((block) => (isRecord(block) && block["type"] === "text" ? [String(block["text"])] : []))
        .join("\n");

/** How many images, documents and files a content field has. */
export const attachmentsOf = (content: unknown): number =>
  asArray(content).filter((block) => isRecord(block) && attachmentTypes.has(String(block["type"]))).length;

/** What was asked to be cached up to here. */
export const keepForOf = (block: JsonRecord): Block["keepFor"] => {
  const control = block["cache_control"];
  if (!isRecord(control)) return undefined;
  return control["ttl"] === "1h" ? "1h" : "5m";
};

/** A content block as the prompt cache and the token counter see it; bytes of attachments are counted by number. */
export const promptBlock = (block: unknown): Block => {
  if (!isRecord(block)) return { text: String(block) };
  const keepFor = keepForOf(block);
  const attachments = attachmentsOf([block]) + attachmentsOf(block["content"]);
  const text =
    block["type"] === "tool_result"
      ? textOf(block["content"])
      : attachments > 0
        ? ""
        : String(block["text"] ?? block["thinking"] ?? JSON.stringify(block["input"] ?? ""));
  return { text, attachments, ...(keepFor === undefined ? {} : { keepFor }) };
};
