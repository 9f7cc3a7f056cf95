import type { Choice } from "../../chat/collect.ts";
import type { Part, ToolCallPart } from "../../chat/message.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { writeAnnotation } from "./citations.ts";
import { writeImages } from "./images.ts";
import { writeDetails } from "./reasoning-details.ts";
import { reasoningText } from "./reasoning.ts";

/** A tool call with its arguments; without any, a function is called with an empty object. */
const writeCall = ({
  id,
  name,
  kind,
  arguments: text,
}: Pick<ToolCallPart, "id" | "name" | "kind" | "arguments">): Json =>
  kind === "custom"
    ? { id, type: "custom", custom: { name, input: text } }
    : { id, type: "function", function: { name, arguments: text === "" ? "{}" : text } };

const joined = (parts: readonly Part[], type: "text" | "refusal"): string | null => {
  const text = parts.flatMap((part) => (part.type === type ? [part.text] : [])).join("");
  return text === "" ? null : text;
};

/** Writes a choice's message; `legacy` for clients that expect the deprecated `function_call`. */
export const writeMessage = ({ parts, citations }: Choice, { request }: EncodeOptions, legacy: boolean): Json => {
  const calls = parts.filter((part) => part.type === "tool-call");
  const refusal = joined(parts, "refusal");
  // Only an answer that consists of something else has no content at all.
  const content = joined(parts, "text") ?? (calls.length > 0 || refusal !== null ? null : "");
  const annotations = citations.map(writeAnnotation).filter((annotation) => annotation !== undefined);
  const written = calls.map(writeCall);
  return {
    role: "assistant",
    content,
    refusal,
    ...(request.reasoning?.exclude === true ? {} : writeReasoning(parts)),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...present({ images: writeImages(parts) }),
    ...(written.length === 0 ? {} : legacy ? { function_call: written[0]?.["function"] } : { tool_calls: written }),
  };
};

/** Reasoning as text for those who show it, and as details with their proofs for those who send it back. */
const writeReasoning = (parts: readonly Part[]): Json => {
  const text = reasoningText(parts);
  const details = writeDetails(parts);
  return {
    ...(text === "" ? {} : { reasoning_content: text }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
  };
};
