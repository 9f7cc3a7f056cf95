import type { ChatEvent, TextDelta } from "../../chat/event.ts";

const opening = "<think>";
const closing = "</think>";

/** Splits one choice's text into reasoning and answer. */
export interface ThinkTags {
  /** The event itself where nothing changes, else what takes its place; text that may be part of a tag waits. */
  readonly push: (event: TextDelta) => ChatEvent | readonly ChatEvent[];
  /** What still waits, when the text is over. */
  readonly flush: () => readonly ChatEvent[];
}

/**
 * Turns `<think>…</think>` at the start of an answer into reasoning. Only there: later on a tag is text the model wrote.
 * Tags may come in pieces.
 */
export const createThinkTags = (choice: number): ThinkTags => {
  let state: "start" | "thinking" | "after" | "text" = "start";
  let held = "";

  const reasoning = (text: string): ChatEvent[] => (text === "" ? [] : [{ type: "reasoning-delta", choice, text }]);
  const text = (value: string): ChatEvent[] => (value === "" ? [] : [{ type: "text-delta", choice, text: value }]);

  const inThinking = (): ChatEvent[] => {
    const end = held.indexOf(closing);
    if (end !== -1) {
      const events = reasoning(held.slice(0, end));
      held = held.slice(end + closing.length);
      state = "after";
      return [...events, ...afterThinking()];
    }
    const keep = partialSuffix(held, closing);
    const events = reasoning(held.slice(0, held.length - keep));
    held = held.slice(held.length - keep);
    return events;
  };

  /** The blank lines between the closing tag and the answer belong to neither. */
  const afterThinking = (): ChatEvent[] => {
    const answer = held.trimStart();
    held = "";
    if (answer === "") return [];
    state = "text";
    return text(answer);
  };

  return {
    push: (event) => {
      if (state === "text") return event;
      held += event.text;
      if (state === "thinking") return inThinking();
      if (state === "after") return afterThinking();
      const begun = held.trimStart();
      if (begun.startsWith(opening)) {
        held = begun.slice(opening.length).replace(/^\n/, "");
        state = "thinking";
        return inThinking();
      }
      if (opening.startsWith(begun)) return [];
      state = "text";
      const whole = held;
      held = "";
      return whole === event.text ? event : text(whole);
    },
    flush: () => {
      const rest = held;
      held = "";
      return state === "thinking" ? reasoning(rest) : state === "start" ? text(rest) : [];
    },
  };
};

/** Length of the longest end of `value` that is a beginning of `tag`. */
const partialSuffix = (value: string, tag: string): number => {
  for (let length = Math.min(tag.length - 1, value.length); length > 0; length--) {
    if (value.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
};
