import type { ChatRequest, RequestSource } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { replaceModel } from "../replace-model.ts";
import { fitsAsIs } from "./fits-as-is.ts";
import { extensionFields } from "./routing.ts";

const streamUsage = '"stream_options":{"include_usage":true},';

/**
 * The body as the client wrote it, with only what must change: byte for byte where that is the model and the wish for
 * usage. `undefined` where the server would not understand it as it was meant.
 */
export const originalBody = (
  { bytes, body }: RequestSource,
  request: ChatRequest,
  { model, quirks }: BackTarget,
): EncodedRequest["body"] | undefined => {
  if ((body["stream"] === true) !== request.stream || !fitsAsIs(body, quirks)) return undefined;
  const mended = mend(body, quirks);
  const asksUsage = request.stream && quirks.streamUsage !== "refused" && !hasUsage(body);

  if (bytes === undefined || mended !== body || (asksUsage && Object.hasOwn(body, "stream_options"))) {
    const options = body["stream_options"];
    const stream_options = { ...(isObject(options) ? options : {}), include_usage: true };
    return JSON.stringify({ ...mended, model, ...(asksUsage ? { stream_options } : {}) });
  }
  const replaced = replaceModel(bytes, body, model);
  return asksUsage ? insertFirst(replaced, streamUsage) : replaced;
};

const hasUsage = (body: Json): boolean => {
  const options = body["stream_options"];
  return isObject(options) && options["include_usage"] === true;
};

/** What changes in the top level beside the model; the body itself where nothing does. */
const mend = (body: Json, quirks: BackTarget["quirks"]): Json => {
  const wanted = quirks.maxTokensField ?? "max_tokens";
  const other = wanted === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  const renames = wanted !== "either" && body[other] !== undefined;
  const strips = quirks.openrouterExtensions !== true && Object.keys(body).some((name) => extensionFields.has(name));
  const silences = quirks.streamUsage === "refused" && body["stream_options"] !== undefined;
  if (!renames && !strips && !silences) return body;

  const limit = renames ? { [wanted]: body[wanted] ?? body[other] } : {};
  const kept = Object.entries({ ...body, ...limit }).filter(
    ([name]) =>
      !(renames && name === other) &&
      !(strips && extensionFields.has(name)) &&
      !(silences && name === "stream_options"),
  );
  // fromEntries defines each field, so that one called __proto__ stays a field.
  return Object.fromEntries(kept);
};

/** Puts a field before all others of a body, which has at least one. */
const insertFirst = (body: string | Uint8Array, field: string): string | Uint8Array => {
  if (typeof body === "string") return body.replace("{", () => `{${field}`);
  const at = body.indexOf(0x7b) + 1;
  return Buffer.concat([body.subarray(0, at), Buffer.from(field), body.subarray(at)]);
};
