import { createHash } from "node:crypto";

const maxLength = 64;

/** A call id that servers of this dialect take: always the same for the same id, so that prompt caches hold. */
export const toCallId = (id: string): string =>
  id.length <= maxLength ? id : `call_${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;
