import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block, ToolResult, Turn } from "../../model/prompt.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";
import { field } from "./fields.ts";
import type { ModelRules } from "./model-rules.ts";
import { checkSignature, checkSignaturesKept } from "./signatures.ts";

interface Content {
  readonly role: "user" | "model";
  readonly parts: readonly JsonRecord[];
}

const dataNames = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
] as const;

const checkPart = (part: unknown, signer: Signer, path: string): JsonRecord => {
  if (!isRecord(part)) return refuse(`Invalid value at '${path}'`, path);
  const data = dataNames.filter((name) => field(part, name) !== undefined);
  if (data.length === 0)
    return refuse(`${path}.data: required oneof field 'data' must have one initialized field`, `${path}.data`);
  if (data.length > 1) return refuse(`Invalid value at '${path}': oneof field 'data' is already set.`, path);
  const call = field(part, "functionCall");
  if (call !== undefined && (!isRecord(call) || typeof call["name"] !== "string"))
    refuse(`Invalid value at '${path}.function_call'`, path);
  const response = field(part, "functionResponse");
  if (
    response !== undefined &&
    (!isRecord(response) || typeof response["name"] !== "string" || !isRecord(response["response"]))
  ) {
    refuse(`Invalid value at '${path}.function_response': name and an object as response are needed`, path);
  }
  const inline = field(part, "inlineData");
  if (
    inline !== undefined &&
    (!isRecord(inline) || typeof field(inline, "mimeType") !== "string" || typeof inline["data"] !== "string")
  ) {
    refuse(`Invalid value at '${path}.inline_data'`, path);
  }
  checkSignature(part, signer, path);
  return part;
};

const checkContent = (content: unknown, index: number, signer: Signer): Content => {
  const path = `contents[${index}]`;
  if (!isRecord(content)) return refuse(`Invalid value at '${path}'`, path);
  const role = content["role"] ?? "user";
  if (role !== "user" && role !== "model") return refuse("Please use a valid role: user, model.", `${path}.role`);
  const parts = content["parts"];
  if (!Array.isArray(parts) || parts.length === 0)
    return refuse(`${path}.parts: must include at least one parts field`, `${path}.parts`);
  return { role, parts: parts.map((part: unknown, at) => checkPart(part, signer, `${path}.parts[${at}]`)) };
};

/** Neighbours of one role are one turn: clients keep the pieces of a stream as they came. */
const mergeContents = (contents: readonly Content[]): readonly Content[] =>
  contents.reduce<readonly Content[]>((merged, content) => {
    const last = merged.at(-1);
    if (last?.role !== content.role) return [...merged, content];
    return [...merged.slice(0, -1), { ...last, parts: [...last.parts, ...content.parts] }];
  }, []);

const callsOf = (content: Content | undefined, name: "functionCall" | "functionResponse"): readonly JsonRecord[] =>
  (content?.parts ?? []).map((part) => field(part, name)).filter(isRecord);

/** Responses follow their calls at once, one for each. */
const checkCalls = (contents: readonly Content[]): void => {
  for (const [index, content] of contents.entries()) {
    const responses = callsOf(content, "functionResponse");
    const calls = callsOf(contents[index - 1], "functionCall");
    if (responses.length > 0 && responses.length !== calls.length) {
      refuse(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
        `contents[${index}]`,
      );
    }
    const ids = calls.map((call) => call["id"]).filter((id) => id !== undefined);
    const missing =
      responses.length > 0 ? ids.find((id) => !responses.some((response) => response["id"] === id)) : undefined;
    if (missing !== undefined)
      refuse(`No function response has the id '${String(missing)}' of its function call.`, `contents[${index}]`);
    const isOpen = callsOf(content, "functionCall").length > 0 && index < contents.length - 1;
    if (isOpen && callsOf(contents[index + 1], "functionResponse").length === 0) {
      refuse("Please ensure that function call turn is followed by a function response turn.", `contents[${index}]`);
    }
  }
};

const textOfPart = (part: JsonRecord): string =>
  typeof part["text"] === "string" && part["thought"] !== true ? part["text"] : "";

const resultText = (response: JsonRecord): string => {
  const value = response["response"];
  const plain = isRecord(value) ? (value["output"] ?? value["result"] ?? value["error"]) : undefined;
  return typeof plain === "string" ? plain : JSON.stringify(value);
};

const isAttachment = (part: JsonRecord): boolean =>
  field(part, "inlineData") !== undefined || field(part, "fileData") !== undefined;

const toTurn = (content: Content): Turn => ({
  role: content.role === "model" ? "assistant" : "user",
  text: content.parts
    .map(textOfPart)
    .filter((text) => text !== "")
    .join("\n"),
  attachments: content.parts.filter(isAttachment).length,
  results: callsOf(content, "functionResponse").map((response): ToolResult => ({
    tool: String(response["name"]),
    text: resultText(response),
  })),
});

const toBlock = (content: Content): Block => ({
  text: content.parts
    .map((part) =>
      isAttachment(part)
        ? ""
        : textOfPart(part) || JSON.stringify(field(part, "functionCall") ?? field(part, "functionResponse") ?? ""),
    )
    .join("\n"),
  attachments: content.parts.filter(isAttachment).length,
});

/**
 * Reads and checks the contents.
 *
 * @throws Refusal at the first content that breaks a rule of the API.
 */
export const readContents = (
  contents: unknown,
  rules: ModelRules,
  signer: Signer,
): { readonly turns: readonly Turn[]; readonly blocks: readonly Block[] } => {
  if (asArray(contents).length === 0) return refuse("contents is not specified", "contents");
  const checked = mergeContents(asArray(contents).map((content, index) => checkContent(content, index, signer)));
  checkCalls(checked);
  checkSignaturesKept(checked, rules);
  return { turns: checked.map(toTurn), blocks: checked.map(toBlock) };
};
