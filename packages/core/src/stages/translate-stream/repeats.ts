import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";

interface Run {
  readonly type: ChatEvent["type"];
  readonly text: string;
  count: number;
}

/** Shorter pieces come many times over in answers that are in order: blank lines, digits, the cells of a table. */
const minLength = 3;

/**
 * Stops a model that says the same over and over and would do so until its limit.
 *
 * @param most How often one piece of text may come in a row.
 */
export const createRepeatGuard = (provider: string, most: number): ((event: ChatEvent) => ChatEvent) => {
  const runs = new Map<number, Run>();
  return (event) => {
    if (event.type !== "text-delta" && event.type !== "reasoning-delta") return event;
    const { choice, type, text } = event;
    const run = runs.get(choice);
    if (run === undefined || run.type !== type || run.text !== text) {
      runs.set(choice, { type, text, count: 1 });
    } else if (++run.count > most && text.trim().length >= minLength) {
      throw new UpstreamError(
        "upstream_stream_invalid",
        `${provider} sent one piece of text ${run.count} times in a row.`,
        {
          provider,
        },
      );
    }
    return event;
  };
};
