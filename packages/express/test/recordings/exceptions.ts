import type { Front } from "./expected.ts";
import type { Recording } from "./recording.ts";

/** What a client's SDK throws: on the chat front a code, on the messages front a type. */
interface Failure {
  /** Absent where the answer had begun, so that the failure is told inside the stream. */
  readonly status?: number;
  readonly code: string;
  readonly type: string;
}

/** A recorded answer that is to end in a failure, and why. */
export interface Exception {
  readonly reason: string;
  readonly failure: Failure;
  /** Fronts it is for. @default all */
  readonly fronts?: readonly Front[];
  /** The answer as the provider would have sent it; tested as a recording of its own. */
  readonly mend?: (body: string) => string;
}

const truncated: Failure = { code: "upstream_stream_truncated", type: "api_error" };
const overloaded: Failure = { code: "upstream_overloaded", type: "overloaded_error" };

const array: Exception = {
  reason: "It was asked for without `alt=sse`, as the gateway never does, and came as one JSON array.",
  failure: { status: 502, code: "upstream_invalid_response", type: "api_error" },
  mend: (body) =>
    (JSON.parse(body) as readonly unknown[]).map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(""),
};

/** The only recordings with status 200 that do not reach each client as an answer, and those that a front refuses. */
export const exceptions: Readonly<Record<string, Exception>> = {
  "constructed/openai/chat-stream-cut": { reason: "It was made to break.", failure: truncated },
  "constructed/openai/chat-stream-no-done": { reason: "It was made to lack its end mark.", failure: truncated },
  "constructed/openai/chat-stream-error-chunk": {
    reason: "It was made to fail after content.",
    failure: { code: "upstream_error", type: "api_error" },
  },
  "constructed/anthropic/stream-cut": { reason: "It was made to break.", failure: truncated },
  "constructed/anthropic/stream-cut-mid-event": { reason: "It was made to break.", failure: truncated },
  "constructed/anthropic/stream-error-before-output": {
    reason: "It was made to fail before content.",
    failure: { ...overloaded, status: 503 },
  },
  "constructed/anthropic/stream-error-overloaded": {
    reason: "It was made to fail after content.",
    failure: overloaded,
  },
  "constructed/gemini/stream-error-chunk": { reason: "It was made to fail after content.", failure: overloaded },
  "openai/chat-stream-text-azure-model-router-1-chunks-txt": {
    reason: "The recorder kept the chunks and not the end mark.",
    failure: truncated,
    mend: (body) => `${body.trimEnd()}\n\ndata: [DONE]\n\n`,
  },
  "openai/chat-error-400-error-identity-edge-chat-completions-validation-error-carries-id": {
    reason: "Its request is wrong, and the front says so before the provider is asked.",
    failure: { status: 400, code: "invalid_value", type: "invalid_request_error" },
    fronts: ["chat"],
  },
  "gemini/generate-odd-finish-speechconfigparam": {
    reason: "The provider gave up (`OTHER`), for which a message has no stop reason.",
    failure: { status: 502, code: "upstream_error", type: "api_error" },
    fronts: ["messages"],
  },
  "gemini/generate-stream-text-tools-with-nested-pydantic-models-2": array,
  "gemini/generate-stream-thinking-prompt-with-pydantic-schema": array,
  "gemini/generate-stream-tool-call-tools-2": array,
  "gemini/generate-stream-tool-call-tools-with-nested-pydantic-models-1": array,
};

/** What a recording is an exception for at a front. */
export const exceptionAt = (front: Front, { dir }: Recording): Exception | undefined => {
  const exception = exceptions[dir];
  return exception?.fronts?.includes(front) === false ? undefined : exception;
};

/** The recordings, and beside them those that had to be mended. */
export const withMended = (recordings: readonly Recording[]): readonly Recording[] =>
  recordings.flatMap((recording) => {
    const mend = exceptions[recording.dir]?.mend;
    if (mend === undefined) return [recording];
    const mended = {
      ...recording,
      dir: `${recording.dir} (mended)`,
      headers: { "content-type": "text/event-stream" },
      body: Buffer.from(mend(recording.body.toString())),
    };
    return [recording, mended];
  });
