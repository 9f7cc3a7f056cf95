import { createHmac, createSecretKey } from "node:crypto";
import type { ChatRequest, Tool } from "../../chat/request.ts";

// Raise it with every change to the encoding below, or to what an entry holds.
const schemaVersion = 1;

/** The key of a request's answer within a scope, in hex. */
export type CacheKeyOf = (scope: readonly string[], request: ChatRequest) => string;

/** Keys are keyed digests: who can read a store's keys cannot tell from them whether something was asked. */
export const createCacheKeyOf = (secret: Uint8Array, namespace: string): CacheKeyOf => {
  const key = createSecretKey(secret);
  return (scope, request) =>
    createHmac("sha256", key)
      .update(encode([schemaVersion, namespace, scope]) + encodeRequest(request))
      .digest("hex");
};

/**
 * What decides only how an answer is written for this client, or where it belongs there, is left out: an answer that was
 * streamed serves a whole request and the other way round. All else counts, routing preferences too: they say who may answer.
 */
const encodeRequest = (request: ChatRequest): string => {
  const { stream: _stream, includeUsage: _usage, includeCost: _cost, sessionId: _session, ...asked } = request;
  const { tools, outputFormat, ...rest } = asked;
  return encode([rest, tools?.map(sealTool), sealFormat(outputFormat)]);
};

// The order of a schema's properties reaches the model, which answers in that order: there it is part of the key.
const sealTool = (tool: Tool): unknown =>
  tool.type === "function" ? [{ ...tool, parameters: undefined }, JSON.stringify(tool.parameters)] : tool;

const sealFormat = (format: ChatRequest["outputFormat"]): unknown =>
  format?.type === "json-schema" ? [{ ...format, schema: undefined }, JSON.stringify(format.schema)] : format;

/**
 * A text for a JSON-like value: equal ones for values that differ only in the order of their fields or in fields that
 * are absent, different ones for all others. Every piece starts with its type and says how long it is, so that no
 * content can pass for structure.
 */
const encode = (value: unknown): string => {
  if (typeof value === "string") return encodeString(value);
  if (typeof value !== "object" || value === null) return `${typeof value}:${String(value)};`;
  if (Array.isArray(value)) {
    let text = `a${value.length}:`;
    for (const item of value) text += encode(item);
    return text;
  }
  // A date, say, given by a host in the same process: it has no fields of its own to tell it from another.
  if ("toJSON" in value && typeof value.toJSON === "function") return encode(value.toJSON());
  const fields = value as Readonly<Record<string, unknown>>; // neither null nor an array
  let text = "{";
  for (const name of Object.keys(fields).toSorted()) {
    const field = fields[name];
    if (field !== undefined) text += encodeString(name) + encode(field);
  }
  return `${text}}`;
};

// The digest is over UTF-8, where halves of a surrogate pair would all become the same replacement character.
const encodeString = (value: string): string =>
  value.isWellFormed() ? `s${value.length}:${value}` : `j${JSON.stringify(value)}`;
