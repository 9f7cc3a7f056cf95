import type { FrontDialect } from "../dialects/dialect.ts";

/** The id of a request, in the gateway's own header and where clients of its dialect look for it. */
export const requestIdHeaders = (dialect: FrontDialect | undefined, requestId: string): Record<string, string> =>
  dialect?.requestIdHeader === undefined
    ? { "x-request-id": requestId }
    : { "x-request-id": requestId, [dialect.requestIdHeader]: requestId };
