import type { Message, OpaquePart, Part, Role, Signature, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { invalidValue, isObject, present, readString, required, restOf } from "../fields.ts";
import { decodeContent } from "./decode-content.ts";
import { decodeReasoning } from "./decode-reasoning.ts";
import { imageIn } from "./images.ts";
import { itemMark } from "./item-mark.ts";
import { dialectId } from "./identity.ts";

// What a server says of its own items: it tells nothing new when it comes back.
const bookkeeping = ["type", "id", "status"];
const messageFields: ReadonlySet<string> = new Set([...bookkeeping, "role", "content"]);
const callFields: ReadonlySet<string> = new Set([...bookkeeping, "call_id", "name", "arguments", "input"]);
const resultFields: ReadonlySet<string> = new Set([...bookkeeping, "call_id", "output"]);

/** Reads `instructions` and `input`, a text or a list of items, into turns. */
export const decodeInput = (body: Json): readonly Message[] => {
  const instructions = readString(body["instructions"], "instructions");
  const messages: Message[] =
    instructions === undefined || instructions === ""
      ? []
      : [{ role: "system", parts: [{ type: "text", text: instructions }] }];
  const { input } = body;
  if (typeof input === "string") return [...messages, { role: "user", parts: [{ type: "text", text: input }] }];
  // A stored prompt may say all there is to say.
  if ((input === undefined || input === null) && isObject(body["prompt"])) return messages;
  if (!Array.isArray(input)) {
    throw input === undefined || input === null
      ? required(undefined, "input", "a text or an array of items")
      : invalidValue("input", "a text or an array of items", input);
  }
  return [...messages, ...decodeItems(input)];
};

const decodeItems = (items: readonly unknown[]): readonly Message[] => {
  const messages: { readonly role: Role; readonly parts: Part[]; readonly extras?: Json }[] = [];
  const callSignatures = new Map<string, Signature>();
  const callIds = new Set<string>();
  let refersToStored = false;

  /** Adds to the turn under way; items of one turn stand side by side. */
  const join = (role: "assistant" | "tool", ...parts: readonly Part[]): void => {
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else messages.push({ role, parts: [...parts] });
  };

  const message = (item: Json, param: string): void => {
    const role = required(readString(item["role"], `${param}.role`), `${param}.role`, "who speaks");
    const parts = decodeContent(item["content"], `${param}.content`);
    const extras = restOf(item, messageFields);
    switch (role) {
      case "assistant":
        return join("assistant", ...asItem(parts, extras, messages.at(-1)));
      case "user":
      case "system":
      case "developer":
        messages.push(present({ role, parts: [...parts], extras }));
        return undefined;
      default:
        throw invalidValue(`${param}.role`, '"user", "assistant", "system" or "developer"', role);
    }
  };

  const opaqueItem = (item: Json, type: string): void => {
    const image = imageIn(item);
    const own: OpaquePart = { type: "opaque", dialect: dialectId, value: item, extras: itemMark };
    const part = image === undefined ? own : { ...own, image };
    if (type.endsWith("_output") || clientItems.has(type)) messages.push({ role: "user", parts: [part] });
    else join("assistant", part);
  };

  items.forEach((item, index) => {
    const param = `input[${index}]`;
    if (!isObject(item)) throw invalidValue(param, "an object", item);
    const type = readString(item["type"], `${param}.type`) ?? "message";
    switch (type) {
      case "message":
        return message(item, param);
      case "function_call":
      case "custom_tool_call": {
        const call = decodeCall(item, param, callSignatures);
        callIds.add(call.id);
        return join("assistant", call);
      }
      case "function_call_output":
      case "custom_tool_call_output": {
        const result = decodeResult(item, param);
        // Its call is among what only the server knows.
        if (refersToStored && !callIds.has(result.toolCallId)) return opaqueItem(item, type);
        return join("tool", result);
      }
      case "reasoning": {
        const { parts, callProof } = decodeReasoning(item, param);
        if (callProof?.call !== undefined) callSignatures.set(callProof.call, callProof.signature);
        return parts.length > 0 ? join("assistant", ...parts) : undefined;
      }
      default:
        if (type === "item_reference") refersToStored = true;
        return opaqueItem(item, type);
    }
  });
  if (messages.length === 0) throw invalidValue("input", "an array with at least one item", items);
  return messages;
};

/** Items of the client's side that are no outputs. */
const clientItems: ReadonlySet<string> = new Set(["mcp_approval_response", "additional_tools", "configuration_update"]);

/** An assistant's text: where it is not the first of its turn, or says more than its text, its item is told apart. */
const asItem = (parts: readonly Part[], extras: Json | undefined, before: Message | undefined): readonly Part[] => {
  const [first, ...rest] = parts;
  const follows = before?.role === "assistant" && before.parts.at(-1)?.type === "text";
  if (first?.type !== "text" || (extras === undefined && !follows)) return parts;
  return [{ ...first, extras: { ...first.extras, item: extras ?? {} } }, ...rest];
};

const idOf = (item: Json, param: string): string =>
  required(readString(item["call_id"], `${param}.call_id`), `${param}.call_id`, "the id of the call");

const decodeCall = (item: Json, param: string, signatures: ReadonlyMap<string, Signature>): ToolCallPart => {
  const kind = item["type"] === "custom_tool_call" ? "custom" : "function";
  const text = kind === "custom" ? "input" : "arguments";
  const id = idOf(item, param);
  return present({
    type: "tool-call" as const,
    kind,
    id,
    name: required(readString(item["name"], `${param}.name`), `${param}.name`, "the name of the tool"),
    arguments: readString(item[text], `${param}.${text}`) ?? "",
    signature: signatures.get(id),
    extras: restOf(item, callFields),
  });
};

const decodeResult = (item: Json, param: string): ToolResultPart =>
  present({
    type: "tool-result" as const,
    toolCallId: idOf(item, param),
    content: decodeContent(item["output"], `${param}.output`),
    extras: restOf(item, resultFields),
  });
