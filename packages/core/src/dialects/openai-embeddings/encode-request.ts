import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest } from "../dialect.ts";
import { textOf } from "../embeddings/inputs.ts";
import { present } from "../fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import type { EmbeddingFields } from "../quirks.ts";
import { replaceModel } from "../replace-model.ts";
import { dialectId } from "./identity.ts";

const path = "/embeddings";

/** Writes a request for embeddings: as it came where it was written in this dialect and the server takes all of it. */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const { model, quirks } = target;
  const fields = { ...defaultFields, ...quirks.embeddingFields };
  const source = sourceOf(request);
  if (source?.dialect === dialectId && fitsAsIs(request, fields)) {
    const { bytes, body } = source;
    return {
      path,
      body: bytes === undefined ? JSON.stringify({ ...body, model }) : replaceModel(bytes, body, model),
      dropped: [],
    };
  }
  const losses = createLosses(target);
  const { dimensions, encoding, inputType } = request.embedding ?? {};
  const settings = Object.entries({ dimensions, encoding, inputType }).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const field = fields[name as Setting]; // one of the three above
    if (field !== false) return [[field, value] as const];
    // A vector of another length is another vector. In which form it comes is nobody's business but ours.
    if (name === "dimensions") losses.meaning("dimensions", "its vectors have the length they have");
    else if (name === "inputType") losses.tuning("input_type");
    return [];
  });
  const body = JSON.stringify(
    present({
      ...(request.dialect === dialectId ? request.extras : undefined),
      model,
      input: inputOf(request, fields, losses),
      ...Object.fromEntries(settings),
      user: request.user,
    }),
  );
  return { path, body, dropped: losses.dropped };
};

const defaultFields: Required<EmbeddingFields> = {
  dimensions: "dimensions",
  encoding: "encoding_format",
  inputType: false,
  tokens: true,
};

type Setting = Exclude<keyof EmbeddingFields, "tokens">;

const fitsAsIs = ({ embedding = {}, messages }: ChatRequest, fields: Required<EmbeddingFields>): boolean =>
  (fields.tokens || messages.every(({ parts }) => parts.every((part) => part.type === "text"))) &&
  (embedding.dimensions === undefined || fields.dimensions === defaultFields.dimensions) &&
  (embedding.encoding === undefined || fields.encoding === defaultFields.encoding) &&
  (embedding.inputType === undefined || fields.inputType === "input_type");

/** A text, or token numbers where those are taken, as they were; several in a list. */
const inputOf = ({ messages }: ChatRequest, { tokens }: Required<EmbeddingFields>, losses: Losses): unknown => {
  const inputs = messages.map((message) => {
    const [part] = message.parts;
    return tokens && part?.type === "opaque" && part.dialect === dialectId ? part.value : textOf(message, losses);
  });
  return inputs.length === 1 ? inputs[0] : inputs;
};
