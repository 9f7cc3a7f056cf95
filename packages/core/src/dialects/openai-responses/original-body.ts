import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { arrayIn, isObject } from "../fields.ts";
import { replaceModel } from "../replace-model.ts";
import { dialectId } from "./identity.ts";
import { isWrapped } from "../wrapped-proof.ts";

/**
 * The body as the client wrote it, byte for byte but for the model. `undefined` where somebody changed the request or it
 * does not say all, where the server would not understand it as it was meant, or would get what another family issued.
 */
export const originalBody = (
  request: ChatRequest,
  { model, quirks }: BackTarget,
): EncodedRequest["body"] | undefined => {
  const source = sourceOf(request);
  if (source?.dialect !== dialectId || source.whole !== undefined) return undefined;
  const { bytes, body } = source;
  if ((body["stream"] === true) !== request.stream || holdsForeignProof(body)) return undefined;
  if (quirks.unsupported?.some((name) => body[name] !== undefined && body[name] !== null) === true) return undefined;
  return bytes === undefined ? JSON.stringify({ ...body, model }) : replaceModel(bytes, body, model);
};

const holdsForeignProof = (body: Json): boolean =>
  arrayIn(body, "input").some((item) => isObject(item) && isWrapped(item["encrypted_content"]));
