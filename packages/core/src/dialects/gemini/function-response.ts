import type { Part, ToolResultPart } from "../../chat/message.ts";
import { textOf } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { isForeignCallId } from "./identity.ts";
import { encodeMedia } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";

/** A tool's result as the provider takes it. */
export interface EncodedResult {
  readonly part: Json;
  /** What the response itself cannot hold on this model; follows it in the same turn. */
  readonly attached: readonly Json[];
}

/** The `functionResponse` part for one tool result; `name` is the function that was called. */
export const encodeResult = (
  { toolCallId, content, isError }: ToolResultPart,
  name: string,
  traits: ModelTraits,
  losses: Losses,
): EncodedResult => {
  const media = content.flatMap((part) => encodeContent(part, traits, losses));
  const functionResponse = {
    ...(isForeignCallId(toolCallId) ? {} : { id: toolCallId }),
    name,
    response: responseObject(textOf(content), isError === true),
    ...(media.length > 0 && traits.richMedia ? { parts: media } : {}),
  };
  return { part: { functionResponse }, attached: traits.richMedia ? [] : media };
};

const encodeContent = (part: Part, traits: ModelTraits, losses: Losses): readonly Json[] =>
  part.type === "image" || part.type === "audio" || part.type === "file" ? encodeMedia(part, traits, losses) : [];

/** The response must be an object: one that the tool wrote is sent as it is, anything else under a name of ours. */
const responseObject = (text: string, isError: boolean): Json => {
  const value = objectFrom(text);
  if (isError) return { error: value ?? text };
  return value ?? { output: text };
};

/** What a `response` object says: its text, as `responseObject` would wrap it again. */
export const decodeResponse = (response: Json): { readonly text: string; readonly isError: boolean } => {
  const { output, error } = response;
  const isAlone = Object.keys(response).length === 1;
  // Text that reads as an object would be one when it is written again.
  if (isAlone && typeof output === "string" && objectFrom(output) === undefined)
    return { text: output, isError: false };
  if (isAlone && typeof error === "string" && objectFrom(error) === undefined) return { text: error, isError: true };
  if (isAlone && isObject(error)) return { text: JSON.stringify(error), isError: true };
  return { text: JSON.stringify(response), isError: false };
};

const objectFrom = (text: string): Json | undefined => {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Text that only looks like JSON is a text result like any other.
    return undefined;
  }
};
