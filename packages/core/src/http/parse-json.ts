import { isAscii } from "node:buffer";
import type { Json } from "../dialects/dialect.ts";
import { isObject } from "../dialects/fields.ts";
import { GatewayError } from "../errors.ts";

export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a request body.
 *
 * @throws GatewayError `invalid_json`; `invalid_value` where it is no object, too deep or has too many keys.
 */
export const parseJson = (bytes: Uint8Array, limits: JsonLimits): Json => {
  let value: unknown;
  try {
    value = JSON.parse(textOf(bytes));
  } catch (cause) {
    throw new GatewayError("invalid_json", `The request body is not valid JSON${where(cause)}.`, { cause });
  }
  return checkJson(value, limits);
};

/** @throws TypeError for bytes that are no UTF-8. */
const textOf = (bytes: Uint8Array): string =>
  isAscii(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
    : decoder.decode(bytes);

/** The place of the mistake, from the engine's message; its excerpt of the body stays inside. */
const where = (cause: unknown): string => {
  const position = cause instanceof Error ? /at position \d+( \(line \d+ column \d+\))?/.exec(cause.message) : null;
  return position === null ? "" : ` (${position[0]})`;
};

/** A body that was parsed, by us or by the host, held to the same limits. */
export const checkJson = (value: unknown, { maxDepth, maxKeys }: JsonLimits): Json => {
  if (!isObject(value)) throw new GatewayError("invalid_value", "The request body must be a JSON object.");
  let keys = 0;
  const walk = (node: object, depth: number): void => {
    if (depth > maxDepth) {
      throw new GatewayError("invalid_value", `The request body is nested more than ${maxDepth} levels deep.`);
    }
    if (Array.isArray(node)) {
      for (const child of node as unknown[]) if (typeof child === "object" && child !== null) walk(child, depth + 1);
      return;
    }
    const object = node as Json;
    for (const key in object) {
      if (++keys > maxKeys) throw new GatewayError("invalid_value", `The request body has more than ${maxKeys} keys.`);
      const child = object[key];
      if (typeof child === "object" && child !== null) walk(child, depth + 1);
    }
  };
  walk(value, 1);
  return value;
};
