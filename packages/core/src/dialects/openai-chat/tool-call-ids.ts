import { createHash } from "node:crypto";
import type { Quirks } from "../quirks.ts";

const forms: Readonly<Record<"alphanumeric-9" | "max-40", RegExp>> = {
  "alphanumeric-9": /^[a-zA-Z0-9]{9}$/,
  "max-40": /^[^]{1,40}$/,
};

/** Whether a server with these quirks takes this tool call id as it is. */
export const fitsCallId = (id: string, { toolCallIds = "any" }: Quirks): boolean =>
  toolCallIds === "any" || forms[toolCallIds].test(id);

/** The id a server takes in place of another: always the same for the same id, so that prompt caches hold. */
export const toCallId = (id: string, quirks: Quirks): string => {
  if (fitsCallId(id, quirks)) return id;
  const digest = createHash("sha256").update(id).digest();
  if (quirks.toolCallIds === "max-40") return `call_${digest.toString("hex", 0, 16)}`;
  // Nine letters and digits of base 36: 46 bits.
  return digest.readBigUInt64BE().toString(36).padStart(9, "0").slice(-9);
};
