import { createContextKey, type ContextKey } from "./context.ts";

/** Set while a request is only explained: a stage that counts, reserves or reports looks here and leaves that out. */
export const dryRunKey: ContextKey<true> = createContextKey("dry run");
