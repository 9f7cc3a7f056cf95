import { UpstreamError } from "../errors.ts";

/** Makes the error for what breaks a dialect's rules: "acme sent …". */
export type Invalid = (what: string, cause?: unknown) => UpstreamError;

export const invalidIn =
  (provider: string, code: "upstream_invalid_response" | "upstream_stream_invalid"): Invalid =>
  (what, cause) =>
    new UpstreamError(code, `${provider} sent ${what}.`, { provider, cause });
