import type { Message, ToolCallPart } from "../chat/message.ts";
import { GatewayError } from "../errors.ts";
import type { Json } from "./dialect.ts";
import { isObject } from "./fields.ts";

/**
 * A tool call's arguments for a dialect in which they are an object. No text means no arguments.
 *
 * @throws GatewayError `invalid_value` where they are anything else.
 */
export const parseArguments = ({ kind, id, arguments: text }: ToolCallPart): Json => {
  if (kind === "custom") return { input: text };
  if (text.trim() === "") return {};
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw invalidArguments(id, cause);
  }
  if (!isObject(input)) throw invalidArguments(id);
  return input;
};

/** The names of all tools called so far, each once. */
export const namesOfCalls = (messages: readonly Message[]): readonly string[] => {
  const names = new Set<string>();
  for (const { parts } of messages) for (const part of parts) if (part.type === "tool-call") names.add(part.name);
  return [...names];
};

const invalidArguments = (id: string, cause?: unknown): GatewayError =>
  new GatewayError("invalid_value", `The arguments of tool call ${JSON.stringify(id)} must be a JSON object.`, {
    param: "messages",
    cause,
  });
