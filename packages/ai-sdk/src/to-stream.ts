import type { LanguageModelV4StreamPart, SharedV4Warning } from "@ai-sdk/provider";
import { events, type ChatEvent, type Reply } from "@llm-gateway/core";
import { createPartWriter } from "./part-writer.ts";

type Part = LanguageModelV4StreamPart;

export interface StreamOptions {
  readonly warnings: SharedV4Warning[];
  /** Show every event of the gateway, too. */
  readonly includeRawChunks: boolean;
  /** What a failure is to the reader; throws where the reader itself gave the call up. */
  readonly toError: (error: unknown) => unknown;
}

/** A reply as the stream of parts the AI SDK reads. Cancelling it stops the provider. */
export const toStream = (reply: Reply, options: StreamOptions): ReadableStream<Part> => {
  const parts = readParts(reply, options);
  return new ReadableStream<Part>(
    {
      pull: async (controller) => {
        const { done, value } = await parts.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      // The generator would hear of it only when the provider says something again.
      cancel: () => reply.cancel(),
    },
    { highWaterMark: 0 },
  );
};

async function* readParts(
  reply: Reply,
  { warnings, includeRawChunks, toError }: StreamOptions,
): AsyncGenerator<Part, void, undefined> {
  const writer = createPartWriter(reply.target);
  yield { type: "stream-start", warnings };
  try {
    for await (const event of events(reply)) {
      if (includeRawChunks) yield { type: "raw", rawValue: withoutFrame(event) };
      yield* writer.write(event);
    }
  } catch (error) {
    yield { type: "error", error: toError(error) };
    yield writer.finish("failed");
    return;
  }
  yield writer.finish();
}

const withoutFrame = ({ frame: _frame, ...event }: ChatEvent): unknown => event;
