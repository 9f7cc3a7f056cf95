import type { Reply } from "../chat/reply.ts";
import { deriveContext, type Context } from "./context.ts";
import type { Next, Stage } from "./stage.ts";

/** Handles a request as it stands in the context. */
export type Handler = (context: Context) => Promise<Reply>;

/** Nests stages around a handler, the first outermost. */
export const compose = (stages: readonly Stage[], innermost: Handler): Handler =>
  stages.reduceRight<Handler>(
    (inner, stage) => enclose(stage, inner),
    (context) => watched(innermost(context)),
  );

const ignore = (): void => undefined;

/** A stage may fail while what it asked for is under way; nobody is left then to catch that failure. */
const watched = (reply: Promise<Reply>): Promise<Reply> => {
  reply.catch(ignore);
  return reply;
};

const enclose =
  (stage: Stage, inner: Handler): Handler =>
  (context) => {
    let passed: Promise<Reply> | undefined;
    const next: Next = (change) => (passed = inner(change === undefined ? context : deriveContext(context, change)));
    try {
      const reply = stage.run(context, next);
      return reply === passed ? reply : watched(reply);
    } catch (error) {
      // A stage that is not async may throw before it returns its promise.
      return Promise.reject(error);
    }
  };
