import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";

/** What stands for the role of a message where the output of a tool is read. */
export const toolOutput = "tool";

/** The part types that stand in a message of each role. */
const partTypes: Readonly<Record<string, readonly string[]>> = {
  system: ["input_text"],
  developer: ["input_text"],
  user: ["input_text", "input_image", "input_file", "input_audio"],
  assistant: ["output_text", "refusal"],
  [toolOutput]: ["input_text", "input_image", "input_file"],
};

export const isRole = (role: unknown): role is string =>
  typeof role === "string" && role !== toolOutput && Object.hasOwn(partTypes, role);

const sources: Readonly<Record<string, readonly string[]>> = {
  input_image: ["image_url", "file_id"],
  input_file: ["file_data", "file_url", "file_id"],
};

const textOfPart = (part: JsonRecord, role: string, at: string): string => {
  const type = part["type"];
  const allowed = partTypes[role] ?? [];
  if (typeof type !== "string" || !allowed.includes(type)) {
    const values = allowed.map((value) => `'${value}'`).join(" and ");
    return refuse(`Invalid value: '${String(type)}'. Supported values are: ${values}.`, `${at}.type`);
  }
  const names = sources[type];
  if (names !== undefined) {
    if (!names.some((name) => typeof part[name] === "string")) {
      refuse(`Missing required parameter: '${at}.${names[0] ?? type}'.`, at, "missing_required_parameter");
    }
    return "";
  }
  if (type === "input_audio") return "";
  const name = type === "refusal" ? "refusal" : "text";
  const text = part[name];
  return typeof text === "string"
    ? text
    : refuse(`Missing required parameter: '${at}.${name}'.`, `${at}.${name}`, "missing_required_parameter");
};

/**
 * Words and number of attachments of a content field: a string, or parts.
 *
 * @throws Refusal for a part that does not belong in a message of this role.
 */
export const readContent = (content: unknown, role: string, at: string): Required<Omit<Block, "keepFor">> => {
  if (typeof content === "string") return { text: content, attachments: 0 };
  if (!Array.isArray(content)) {
    return refuse(`Invalid type for '${at}': expected a string or an array.`, at, "invalid_type");
  }
  const texts = content.map((part: unknown, index) =>
    isRecord(part)
      ? textOfPart(part, role, `${at}[${index}]`)
      : refuse(`Invalid type for '${at}[${index}]': expected an object.`, `${at}[${index}]`, "invalid_type"),
  );
  return { text: texts.join("\n"), attachments: attachmentsOf(content) };
};

const attachmentTypes = new Set(["input_image", "input_file", "input_audio"]);

const attachmentsOf = (content: unknown): number =>
  asArray(content).filter((part) => isRecord(part) && attachmentTypes.has(String(part["type"]))).length;
