import type { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { ErrorDetails } from "../dialect.ts";
import { isObject, numberIn, present, stringIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";

/** `ValidationException:http://…` and `com.amazon.coral.service#ValidationException` → `ValidationException`. */
const plainType = (type: string | undefined): string | undefined =>
  type?.replace(/:.*$/s, "").replace(/^.*#/s, "").trim();

/** What an error body says. Its type stands in a header; older services put it into the body. */
export const decodeError = (body: unknown, headers: Readonly<Record<string, string>> = {}): ErrorDetails => {
  const type = plainType(headers["x-amzn-errortype"]);
  if (typeof body === "string") return present({ message: body === "" ? undefined : body, type });
  if (!isObject(body)) return present({ type });
  const message = stringIn(body, "message") ?? stringIn(body, "Message");
  const original = stringIn(body, "originalMessage");
  const status = numberIn(body, "originalStatusCode");
  return present({
    message: original === undefined ? message : `${message ?? ""} ${original}`.trim(),
    type: type ?? plainType(stringIn(body, "__type")),
    // Where the model behind the API failed, it is that failure which tells what may follow.
    status: status !== undefined && status >= 400 && status < 600 ? status : undefined,
  });
};

/** The status with which an exception would have come before the stream began. */
const statuses: ReadonlyMap<string, number> = new Map([
  ["validationexception", 400],
  ["servicequotaexceededexception", 400],
  ["accessdeniedexception", 403],
  ["expiredtokenexception", 403],
  ["resourcenotfoundexception", 404],
  ["modeltimeoutexception", 408],
  ["modelerrorexception", 424],
  ["modelstreamerrorexception", 424],
  ["throttlingexception", 429],
  ["modelnotreadyexception", 429],
  ["internalserverexception", 500],
  ["internalfailure", 500],
  ["serviceunavailableexception", 503],
]);

/** The error that a failure inside a stream is. */
export const errorInStream = ({ event = "", data = "" }: StreamFrame, provider: string): UpstreamError => {
  const details = decodeError(parseLoosely(data), { "x-amzn-errortype": event });
  const status = details.status ?? statuses.get(event.toLowerCase());
  return toUpstreamError(present({ ...details, status }), { provider });
};

const parseLoosely = (data: string): unknown => {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
};
