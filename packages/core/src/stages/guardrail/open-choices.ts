import type { ChatEvent, UsageEvent } from "../../chat/event.ts";

/** Remembers what came and what a client was given of it, to know what is still to be ended. */
export interface OpenChoices {
  readonly came: (event: ChatEvent) => void;
  readonly given: (event: ChatEvent) => void;
  /** The events that end everything still open because of what was found, the last known usage in front. */
  readonly endings: () => readonly ChatEvent[];
}

export const createOpenChoices = (): OpenChoices => {
  const choices = new Set<number>();
  const ended = new Set<number>();
  const calls = new Map<string, { readonly choice: number; readonly index: number }>();
  let lastUsage: UsageEvent | undefined;
  let givenUsage: UsageEvent | undefined;

  return {
    came: (event) => {
      if (event.type === "usage") lastUsage = event;
      if ("choice" in event) choices.add(event.choice);
    },
    given: (event) => {
      if (event.type === "usage") givenUsage = event;
      if (event.type === "reply-end") ended.add(event.choice);
      if (event.type !== "tool-call-start" && event.type !== "tool-call-end") return;
      const { choice, index } = event;
      if (event.type === "tool-call-start") calls.set(`${choice} ${index}`, { choice, index });
      else calls.delete(`${choice} ${index}`);
    },
    endings: () => [
      ...(lastUsage === undefined || lastUsage === givenUsage
        ? []
        : [{ type: "usage", usage: lastUsage.usage } as const]),
      ...[...calls.values()].map((call) => ({ type: "tool-call-end", ...call }) as const),
      // An answer that had not begun with any choice has one all the same.
      ...[...(choices.size === 0 ? [0] : choices)]
        .filter((choice) => !ended.has(choice))
        .map((choice) => ({ type: "reply-end", choice, finishReason: "content_filter" }) as const),
    ],
  };
};
