import type { MediaSource, Message, Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { BackDialect, BackTarget } from "../../dialects/dialect.ts";
import type { MediaPart } from "../../dialects/media-address.ts";
import { GatewayError } from "../../errors.ts";

/** The addresses in a request whose data the target must be given, each once, with a part that names it. */
export const addressesIn = (
  { messages }: ChatRequest,
  { needsData }: BackDialect,
  target: BackTarget,
): ReadonlyMap<string, MediaPart> => {
  const found = new Map<string, MediaPart>();
  if (needsData === undefined) return found;
  const look = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (part.type === "tool-result") look(part.content);
      else if (isMedia(part) && part.source.type === "url" && needsData(part, target)) found.set(part.source.url, part);
    }
  };
  for (const { parts } of messages) look(parts);
  return found;
};

/** The request with data in the place of these addresses. */
export const withData = (request: ChatRequest, data: ReadonlyMap<string, MediaSource>): ChatRequest => {
  const replace = (part: Part): Part => {
    if (part.type === "tool-result") return { ...part, content: part.content.map(replace) };
    if (!isMedia(part) || part.source.type !== "url") return part;
    const source = data.get(part.source.url);
    return source === undefined ? part : checked(part, source);
  };
  const messages = request.messages.map((message): Message => ({ ...message, parts: message.parts.map(replace) }));
  return { ...request, messages };
};

const isMedia = (part: Part): part is MediaPart =>
  part.type === "image" || part.type === "audio" || part.type === "file";

/** An image must be an image: a page that says "not found" is none. */
const checked = (part: MediaPart, source: MediaSource): MediaPart => {
  const kind = source.mediaType?.split("/", 1)[0];
  if (part.type === "file" || kind === part.type) return { ...part, source };
  throw new GatewayError(
    "invalid_value",
    `What was fetched as ${part.type} is ${source.mediaType ?? "something else"}.`,
    {
      param: "messages",
      fallback: true,
    },
  );
};
