import type { Json } from "../dialect.ts";
import { isObject, stringIn } from "../fields.ts";

/** A block without a meaning elsewhere, put together from the pieces in which a stream brings it. */
export interface OpaqueBlock {
  readonly add: (delta: Json) => void;
  readonly value: () => Json;
}

export const createOpaqueBlock = (start: Json): OpaqueBlock => {
  const block: Record<string, unknown> = { ...start };
  let input = "";
  return {
    add: ({ type, ...fields }) => {
      if (type === "input_json_delta") {
        input += stringIn(fields, "partial_json") ?? "";
        return;
      }
      // Nobody here knows what it means; but texts grow in deltas of all types.
      for (const [name, piece] of Object.entries(fields)) {
        const before = block[name];
        block[name] = typeof before === "string" && typeof piece === "string" ? before + piece : piece;
      }
    },
    value: () => (input === "" ? block : { ...block, input: parsed(input) ?? block["input"] }),
  };
};

/** The input of a tool that the provider runs; `undefined` where the answer was cut within it. */
const parsed = (input: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(input);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
