import type { MediaSource } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { stringIn } from "../fields.ts";

const itemType = "image_generation_call";

/** The image that an item of the output is. */
export const imageIn = (item: Json): MediaSource | undefined => {
  const data = item["type"] === itemType ? stringIn(item, "result") : undefined;
  if (data === undefined) return undefined;
  return { type: "base64", mediaType: `image/${stringIn(item, "output_format") ?? "png"}`, data };
};

/** An image as an item of the output; `undefined` for one that is given by its address, for which there is no place. */
export const imageItem = (image: MediaSource, id: string): Json | undefined => {
  if (image.type !== "base64") return undefined;
  const format = image.mediaType.replace("image/", "");
  return { id, type: itemType, status: "completed", output_format: format, result: image.data };
};
