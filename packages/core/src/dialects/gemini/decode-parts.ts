import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readBoolean,
  readObject,
  readString,
  required,
  restOf,
} from "../fields.ts";
import type { CallIds } from "./call-ids.ts";
import { decodeFileData, decodeInlineData, type DecodedMedia } from "./decode-media.ts";
import { decodeResponse } from "./function-response.ts";
import { dialectId, signatureFormat } from "./identity.ts";
import { camelKeys, listOf } from "./keys.ts";
import { readSignature } from "./signature.ts";

/** Who speaks: only the model's own parts are thoughts and calls. */
export type Speaker = "user" | "model";

/** The `parts` of one turn, behind those that the turn has already. */
export const decodeParts = (
  value: unknown,
  param: string,
  speaker: Speaker,
  ids: CallIds,
  parts: Part[] = [],
): Part[] => {
  for (const [index, part] of (readArray(listOf(value), param) ?? []).entries()) {
    const place = `${param}[${index}]`;
    if (!isObject(part)) throw invalidValue(place, "a part", part);
    parts.push(decodePart(part, place, speaker, ids));
    joinSigned(parts);
  }
  return parts;
};

const decodePart = (written: Json, param: string, speaker: Speaker, ids: CallIds): Part => {
  const part = camelKeys(written);
  const object = (name: string): Json | undefined => readObject(part[name], `${param}.${name}`);
  if (part["text"] !== undefined && part["text"] !== null) return decodeText(part, param, speaker);

  const call = object("functionCall");
  if (call !== undefined && speaker === "model") return decodeCall(part, camelKeys(call), param, ids);
  const result = object("functionResponse");
  if (result !== undefined) return decodeResult(part, camelKeys(result), param, ids);
  const inline = object("inlineData");
  if (inline !== undefined) return withRest(part, "inlineData", decodeInlineData(inline, `${param}.inlineData`));
  const file = object("fileData");
  if (file !== undefined) return withRest(part, "fileData", decodeFileData(file, `${param}.fileData`));
  // What the provider's own tools write, and kinds of parts yet to be invented.
  return { type: "opaque", dialect: dialectId, value: written };
};

const textFields: ReadonlySet<string> = new Set(["text", "thought", "thoughtSignature"]);

const decodeText = (part: Json, param: string, speaker: Speaker): TextPart | ReasoningPart => {
  const text = required(readString(part["text"], `${param}.text`), `${param}.text`, "a string");
  const returned = signatureOf(part, param);
  const extras = restOf(part, textFields);
  const isThought = readBoolean(part["thought"], `${param}.thought`) === true && speaker === "model";
  if (!isThought) return present({ type: "text" as const, text, signature: returned?.signature, extras });
  const signed = returned === undefined ? {} : { [returned.kind]: returned.signature };
  return present({ type: "reasoning" as const, text, summary: true, ...signed, extras });
};

const signatureOf = (part: Json, param: string): ReturnType<typeof readSignature> =>
  readSignature(readString(part["thoughtSignature"], `${param}.thoughtSignature`) ?? "");

/**
 * A signature of another family stands for all the thoughts before it, which a client got piece by piece: they are one
 * again. This dialect's own sign no more than their part.
 */
const joinSigned = (parts: Part[]): void => {
  const last = parts.at(-1);
  if (last?.type !== "reasoning" || last.signature === undefined || last.signature.format === signatureFormat) return;
  let { text } = last;
  parts.pop();
  for (let before = parts.at(-1); before !== undefined; before = parts.at(-1)) {
    if (before.type !== "reasoning" || before.signature !== undefined || before.encrypted !== undefined) break;
    text = before.text + text;
    parts.pop();
  }
  const { summary: _summary, ...rest } = last;
  parts.push({ ...rest, text });
};

const callFields: ReadonlySet<string> = new Set(["id", "name", "args"]);

const decodeCall = (part: Json, call: Json, param: string, ids: CallIds): ToolCallPart => {
  const field = `${param}.functionCall`;
  const name = required(readString(call["name"], `${field}.name`), `${field}.name`, "the name of the function");
  return present({
    type: "tool-call" as const,
    kind: "function" as const,
    id: ids.call(name, idOf(call, field)),
    name,
    arguments: JSON.stringify(readObject(call["args"], `${field}.args`) ?? {}),
    signature: signatureOf(part, param)?.signature,
    extras: extrasOf(part, "functionCall", restOf(call, callFields)),
  });
};

const resultFields: ReadonlySet<string> = new Set(["id", "name", "response", "parts"]);

const decodeResult = (part: Json, result: Json, param: string, ids: CallIds): ToolResultPart => {
  const field = `${param}.functionResponse`;
  const name = required(readString(result["name"], `${field}.name`), `${field}.name`, "the name of the function");
  const attached = decodeParts(result["parts"], `${field}.parts`, "user", ids);
  const { text, isError } = decodeResponse(readObject(result["response"], `${field}.response`) ?? {});
  return present({
    type: "tool-result" as const,
    toolCallId: ids.result(name, idOf(result, field)),
    name,
    content: [{ type: "text" as const, text }, ...attached],
    isError: isError ? true : undefined,
    extras: extrasOf(part, "functionResponse", restOf(result, resultFields)),
  });
};

const idOf = (holder: Json, param: string): string | undefined => {
  const id = readString(holder["id"], `${param}.id`);
  return id === "" ? undefined : id;
};

const withRest = (part: Json, field: string, { part: media, rest }: DecodedMedia): Part =>
  present({ ...media, extras: extrasOf(part, field, rest) });

/** What is left of a part, in the shape it had, so that it can be laid over the part when that is written again. */
const extrasOf = (part: Json, field: string, inner: Json | undefined): Json | undefined => {
  const siblings = restOf(part, new Set([field, "thought", "thoughtSignature"]));
  return inner === undefined ? siblings : { ...siblings, [field]: inner };
};
