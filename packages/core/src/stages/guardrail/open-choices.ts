import type { ChatEvent } from "../../chat/event.ts";

/** Remembers what a client was given, to know what is still to be ended. */
export interface OpenChoices {
  readonly see: (event: ChatEvent) => void;
  /** Whether this was the last usage given. */
  readonly hasSeen: (event: ChatEvent) => boolean;
  /** The events that end everything still open, because of what was found. */
  readonly endings: () => readonly ChatEvent[];
}

export const createOpenChoices = (): OpenChoices => {
  /** Open tool calls by open choice. */
  const open = new Map<number, Set<number>>();
  let usage: ChatEvent | undefined;

  return {
    see: (event) => {
      if (event.type === "usage") usage = event;
      if (!("choice" in event)) return;
      const { choice } = event;
      if (event.type === "reply-end") {
        open.delete(choice);
        return;
      }
      let calls = open.get(choice);
      if (calls === undefined) {
        calls = new Set();
        open.set(choice, calls);
      }
      if (event.type === "tool-call-start") calls.add(event.index);
      if (event.type === "tool-call-end") calls.delete(event.index);
    },
    hasSeen: (event) => usage === event,
    endings: () =>
      [...open].flatMap(([choice, calls]): ChatEvent[] => [
        ...[...calls].map((index): ChatEvent => ({ type: "tool-call-end", choice, index })),
        { type: "reply-end", choice, finishReason: "content_filter" },
      ]),
  };
};
