import type { BackDialect } from "../dialects/dialect.ts";
import { toUpstreamError } from "../dialects/upstream-error.ts";
import type { UpstreamError } from "../errors.ts";
import type { TransportResponse } from "../transport/transport.ts";
import { parseLoosely, readBody } from "./read-body.ts";

const maxErrorBytes = 64 * 1024;

/** The provider said no: reads why. */
export const refusal = async (
  response: TransportResponse,
  id: string,
  dialect: BackDialect,
): Promise<UpstreamError> => {
  // A body too large or broken is worth no second error: the status alone says enough.
  const body = await readRefusal(response, id).catch(() => undefined);
  return toUpstreamError(dialect.decodeError(body, response.headers), {
    provider: id,
    status: response.status,
    headers: response.headers,
  });
};

const readRefusal = async (response: TransportResponse, id: string): Promise<unknown> =>
  parseLoosely(await readBody(response.body, maxErrorBytes, id));
