import { arrange } from "../../chat/flat-turn.ts";
import type { Message, Part, Role, Signature, ToolCallPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { invalidValue, isObject, present, readArray, readObject, readString, required, restOf } from "../fields.ts";
import { decodeCacheHint, decodeContent } from "./decode-parts.ts";
import { readImages } from "./images.ts";
import { restOfBoth } from "./nested.ts";
import { readReasoning, reasoningFields } from "./reasoning.ts";
import { signatureOn } from "./thought-signature.ts";

const commonFields = ["role", "content", "name", "cache_control"];
const messageFields: ReadonlySet<string> = new Set(commonFields);
const toolFields: ReadonlySet<string> = new Set([...commonFields, "tool_call_id"]);
const assistantFields: ReadonlySet<string> = new Set([
  ...commonFields,
  "refusal",
  "tool_calls",
  "function_call",
  "images",
  ...reasoningFields,
]);
const callFields: ReadonlySet<string> = new Set(["id", "type", "function", "custom"]);
const signedCallFields: ReadonlySet<string> = new Set([...callFields, "extra_content"]);
const functionFields: ReadonlySet<string> = new Set(["name", "arguments"]);
const customFields: ReadonlySet<string> = new Set(["name", "input"]);

/** Reads `messages`. */
export const decodeMessages = (value: unknown): readonly Message[] => {
  const list = required(readArray(value, "messages"), "messages", "an array of messages");
  if (list.length === 0) throw invalidValue("messages", "an array with at least one message", value);
  // The deprecated form has no ids: a result belongs to the last call of its name.
  const legacyCalls = new Map<string, string>();
  return list.map((message, index) => decodeMessage(message, `messages[${index}]`, index, legacyCalls));
};

const decodeMessage = (value: unknown, param: string, index: number, legacyCalls: Map<string, string>): Message => {
  if (!isObject(value)) throw invalidValue(param, "an object", value);
  const role = required(readString(value["role"], `${param}.role`), `${param}.role`, "who speaks");
  const name = readString(value["name"], `${param}.name`);
  switch (role) {
    case "system":
    case "developer":
    case "user":
      return speech(role, value, param, name);
    case "assistant":
      return assistant(value, param, name, index, legacyCalls);
    case "tool": {
      const id = required(
        readString(value["tool_call_id"], `${param}.tool_call_id`),
        `${param}.tool_call_id`,
        "the id of the call",
      );
      return toolResult(value, param, id, name);
    }
    case "function": {
      const called = required(name, `${param}.name`, "the name of the function");
      return toolResult(value, param, legacyCalls.get(called) ?? `function_call_${called}`, called);
    }
    default:
      throw invalidValue(`${param}.role`, '"system", "developer", "user", "assistant" or "tool"', role);
  }
};

const speech = (role: Role, message: Json, param: string, name: string | undefined): Message => {
  const { content } = message;
  if (content === undefined || content === null)
    required(undefined, `${param}.content`, "a string or an array of parts");
  const parts = withHint(decodeContent(content, `${param}.content`), message, param);
  const extras = restOf(message, messageFields);
  return name === undefined && extras === undefined ? { role, parts } : present({ role, parts, name, extras });
};

/** A hint on the message as a whole stands for one on its last part. */
const withHint = (parts: readonly Part[], message: Json, param: string): readonly Part[] => {
  const cacheHint = message["cache_control"] === undefined ? undefined : decodeCacheHint(message, param);
  const last = parts.at(-1);
  return cacheHint === undefined || last === undefined ? parts : [...parts.slice(0, -1), { ...last, cacheHint }];
};

const toolResult = (message: Json, param: string, toolCallId: string, name: string | undefined): Message => {
  const content = decodeContent(message["content"], `${param}.content`);
  const extras = restOf(message, toolFields);
  const cacheHint = decodeCacheHint(message, param);
  return {
    role: "tool",
    parts: [present({ type: "tool-result" as const, toolCallId, content, name, cacheHint, extras })],
  };
};

const assistant = (
  message: Json,
  param: string,
  name: string | undefined,
  index: number,
  legacyCalls: Map<string, string>,
): Message => {
  const calls = (readArray(message["tool_calls"], `${param}.tool_calls`) ?? []).map((call, at) =>
    decodeCall(call, `${param}.tool_calls[${at}]`),
  );
  const legacy = decodeLegacyCall(message["function_call"], `${param}.function_call`, `function_call_${index}`);
  if (legacy !== undefined) legacyCalls.set(legacy.name, legacy.id);

  const { parts: reasoning, signatures } = readReasoning(message, new Set(calls.map(({ id }) => id)));
  // An empty string says no more than null does.
  const content = decodeContent(message["content"] === "" ? null : message["content"], `${param}.content`);
  const refusal = readString(message["refusal"], `${param}.refusal`) ?? "";
  const others: Part[] = [...content];
  if (refusal !== "") others.push({ type: "refusal", text: refusal });
  others.push(...readImages(message));
  for (const call of calls) others.push(signed(call, signatures.get(call.id)));
  if (legacy !== undefined) others.push(legacy);

  const parts = withHint(arrange(reasoning, others), message, param);
  return present({ role: "assistant" as const, parts, name, extras: restOf(message, assistantFields) });
};

const signed = (call: ToolCallPart, signature: Signature | undefined): ToolCallPart =>
  signature === undefined || call.signature !== undefined ? call : { ...call, signature };

const decodeCall = (value: unknown, param: string): ToolCallPart => {
  if (!isObject(value)) throw invalidValue(param, "an object", value);
  const id = required(readString(value["id"], `${param}.id`), `${param}.id`, "the id of the call");
  const signature = signatureOn(value);
  const known = signature === undefined ? callFields : signedCallFields;
  const kind = value["type"] === "custom" ? "custom" : "function";
  const inner = required(readObject(value[kind], `${param}.${kind}`), `${param}.${kind}`, "an object with `name`");
  const text = kind === "custom" ? "input" : "arguments";
  return present({
    type: "tool-call" as const,
    kind,
    id,
    name: required(readString(inner["name"], `${param}.${kind}.name`), `${param}.${kind}.name`, "the name of the tool"),
    arguments: readString(inner[text], `${param}.${kind}.${text}`) ?? "",
    signature,
    extras: restOfBoth(value, known, kind, inner, kind === "custom" ? customFields : functionFields),
  });
};

const decodeLegacyCall = (value: unknown, param: string, id: string): ToolCallPart | undefined => {
  const call = readObject(value, param);
  if (call === undefined) return undefined;
  const name = required(readString(call["name"], `${param}.name`), `${param}.name`, "the name of the function");
  const text = readString(call["arguments"], `${param}.arguments`) ?? "";
  return { type: "tool-call", kind: "function", id, name, arguments: text };
};
