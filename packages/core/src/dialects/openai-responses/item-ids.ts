import { createHash } from "node:crypto";

const prefixes = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  custom_tool_call: "ctc",
  image: "ig",
  opaque: "item",
} as const;

/** Types of items that get an id here. */
export type ItemType = keyof typeof prefixes;

// No server makes ids of this form.
const mark = "_gw_";

/** An id for an item that has none, always the same for the same item. */
export const madeItemId = (type: ItemType, seed: string): string =>
  `${prefixes[type]}${mark}${createHash("sha256").update(seed).digest("hex").slice(0, 32)}`;

/** Whether an id was made here, so that no server knows it. */
export const isMadeItemId = (id: string | undefined): boolean => id?.includes(mark) === true;
