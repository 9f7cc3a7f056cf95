import type { Reply } from "../chat/reply.ts";
import { deriveContext, type Context } from "./context.ts";
import type { Stage } from "./stage.ts";

/** Handles a request as it stands in the context. */
export type Handler = (context: Context) => Promise<Reply>;

/** Nests stages around a handler, the first outermost. */
export const compose = (stages: readonly Stage[], innermost: Handler): Handler =>
  stages.reduceRight<Handler>((inner, stage) => enclose(stage, inner), innermost);

const enclose =
  (stage: Stage, inner: Handler): Handler =>
  (context) => {
    try {
      return stage.run(context, (change) => inner(change === undefined ? context : deriveContext(context, change)));
    } catch (error) {
      // A stage that is not async may throw before it returns its promise.
      return Promise.reject(error);
    }
  };
