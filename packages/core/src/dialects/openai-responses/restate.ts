import type { FrameBytes } from "../../chat/event.ts";
import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { isObject, objectIn } from "../fields.ts";
import { restatement } from "./response-object.ts";

const textOf = (raw: FrameBytes["raw"]): string => (typeof raw === "string" ? raw : Buffer.from(raw).toString());

/** Whether this client is told of its request otherwise than the provider was. */
export const isRestated = (request: ChatRequest): boolean => sourceOf(request)?.whole !== undefined;

/** A whole answer of a provider, with what it says of the request put right. */
export const restate = (body: FrameBytes["raw"], request: ChatRequest): FrameBytes["raw"] => {
  if (!isRestated(request)) return body;
  const response: unknown = JSON.parse(textOf(body));
  return isObject(response) ? JSON.stringify({ ...response, ...restatement(request) }) : body;
};

/** The value of a frame that tells of the whole response, with what it says of the request put right. */
export const restateFrame = ({ raw }: FrameBytes, request: ChatRequest): Json | undefined => {
  const data = textOf(raw)
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length));
  const value: unknown = JSON.parse(data.join("\n"));
  const response = isObject(value) ? objectIn(value, "response") : undefined;
  return isObject(value) && response !== undefined
    ? { ...value, response: { ...response, ...restatement(request) } }
    : undefined;
};
