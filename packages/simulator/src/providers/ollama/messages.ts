import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block, Turn } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";

const roles = ["system", "user", "assistant", "tool"] as const;

const base64 = /^[A-Za-z0-9+/]+={0,2}$/u;

/** The number of images. They are bare base64: neither data URLs nor addresses. */
const readImages = (message: JsonRecord, at: string): number => {
  const images = asArray(message["images"]);
  const isData = (image: unknown): boolean => typeof image === "string" && base64.test(image) && image.length % 4 === 0;
  return images.every(isData) ? images.length : refuse(`${at}.images: illegal base64 data`);
};

const checkCalls = (message: JsonRecord, at: string): void => {
  for (const call of asArray(message["tool_calls"])) {
    const inner = isRecord(call) ? call["function"] : undefined;
    if (!isRecord(inner) || typeof inner["name"] !== "string") refuse(`${at}.tool_calls: a name is needed`);
    else if (!isRecord(inner["arguments"])) refuse(`${at}.tool_calls: arguments must be an object`);
  }
};

const readMessage = (message: unknown, index: number): { readonly turn: Turn; readonly block: Block } => {
  const at = `messages[${index}]`;
  if (!isRecord(message)) return refuse(`${at} must be an object`);
  const role = roles.find((known) => known === message["role"]);
  if (role === undefined) return refuse(`invalid role: ${String(message["role"])}, must be one of ${roles.join(", ")}`);
  const content = message["content"] ?? "";
  if (typeof content !== "string") return refuse(`${at}.content must be a string`);
  const attachments = readImages(message, at);
  checkCalls(message, at);
  const calls = message["tool_calls"] === undefined ? [] : [JSON.stringify(message["tool_calls"])];
  const block = { text: [content, ...calls].join("\n"), attachments };
  if (role !== "tool") return { block, turn: { role, text: content, attachments, results: [] } };
  const results = [{ tool: String(message["tool_name"] ?? "tool"), text: content }];
  return { block, turn: { role: "user", text: "", attachments, results } };
};

/** @throws Refusal at the first message that is wrong. */
export const readMessages = (
  messages: unknown,
): { readonly turns: readonly Turn[]; readonly blocks: readonly Block[] } => {
  if (!Array.isArray(messages) || messages.length === 0) return refuse("messages are required");
  const read = messages.map(readMessage);
  return { turns: read.map(({ turn }) => turn), blocks: read.map(({ block }) => block) };
};
