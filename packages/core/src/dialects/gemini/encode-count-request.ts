import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { createLosses } from "../losses.ts";
import { requestToCount } from "./decode-request.ts";
import { encodeBody, ownSource, pathOf, resourceName } from "./encode-request.ts";

/**
 * Writes a request that only asks how many tokens it is. Turns may stand alone; what else a prompt has may not, except
 * at servers that take a prompt as it is.
 */
export const encodeCountRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const path = pathOf(target.model, "countTokens");
  const source = ownSource(request, target);
  if (source !== undefined && isTurnsOnly(source.body)) {
    return { path, body: source.bytes ?? JSON.stringify(source.body), dropped: [] };
  }
  const losses = createLosses(target);
  const prompt = source === undefined ? encodeBody(request, target, losses) : requestToCount(source.body);
  if (target.quirks.plainCount === true) {
    const kept = Object.fromEntries(Object.entries(prompt).filter(([name]) => plainlyCounted.has(name)));
    return { path, body: JSON.stringify(kept), dropped: losses.dropped };
  }
  const generateContentRequest = { ...prompt, model: resourceName(target.model) };
  return { path, body: JSON.stringify({ generateContentRequest }), dropped: losses.dropped };
};

const plainlyCounted: ReadonlySet<string> = new Set(["contents", "systemInstruction", "tools", "generationConfig"]);

const isTurnsOnly = (body: Json): boolean => Object.keys(body).every((name) => name === "contents");
