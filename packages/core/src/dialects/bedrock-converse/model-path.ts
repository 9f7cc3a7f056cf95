import { GatewayError } from "../../errors.ts";

type Operation = "converse" | "converse-stream" | "count-tokens" | "invoke";

/** The model stands in the path: an id with its colon, or an ARN with its slash, percent-encoded to one segment. */
export const modelPath = (model: string, operation: Operation): string => {
  // A URL takes these for steps, however they are encoded.
  if (model === "." || model === "..") throw new GatewayError("model_not_found", `There is no model "${model}".`);
  return `/model/${encodeURIComponent(model)}/${operation}`;
};
