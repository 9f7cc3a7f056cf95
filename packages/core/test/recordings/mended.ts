import type { Recording } from "./fixtures.ts";

/** What recorders left out or asked for otherwise than the gateway does, put right. */
interface Mending {
  readonly reason: string;
  readonly applies: (recording: Recording) => boolean;
  readonly mend: (body: string) => string;
}

const mendings: readonly Mending[] = [
  {
    reason: "It was asked for without `alt=sse`, as the gateway never does, and came as one JSON array.",
    applies: ({ dialect, isStream, body }) => dialect === "gemini" && isStream && body.toString().startsWith("["),
    mend: (body) =>
      (JSON.parse(body) as readonly unknown[]).map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(""),
  },
  {
    reason: "The recorder kept the chunks and not the end mark.",
    applies: ({ dir }) => dir === "openai/chat-stream-text-azure-model-router-1-chunks-txt",
    mend: (body) => `${body.trimEnd()}\n\ndata: [DONE]\n\n`,
  },
];

/** A recording as the provider would have answered the gateway. */
export const mended = (recording: Recording): Recording => {
  const mending = mendings.find(({ applies }) => applies(recording));
  if (mending === undefined) return recording;
  return {
    ...recording,
    headers: { ...recording.headers, "content-type": "text/event-stream" },
    body: Buffer.from(mending.mend(recording.body.toString())),
  };
};
