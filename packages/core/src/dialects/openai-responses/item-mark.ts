import type { OpaquePart, Part } from "../../chat/message.ts";
import { dialectId } from "./identity.ts";

/** Marks an opaque part that stands for a whole item, not for a part of a message's content. */
export const itemMark = { item: true } as const;

/** Whether a part stands for a whole item of this dialect. */
export const isItem = (part: Part): part is OpaquePart =>
  part.type === "opaque" && part.dialect === dialectId && part.extras?.["item"] === true;
