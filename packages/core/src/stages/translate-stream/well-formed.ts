import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";

interface ChoiceState {
  ended: boolean;
  /** Tool calls that have begun and not ended. */
  readonly open: Set<number>;
  /** Tool calls that have begun. */
  readonly begun: Set<number>;
}

/** Holds a provider's events to the grammar of a reply. */
export interface WellFormed {
  /** The event itself where it is in its place, else what takes its place. */
  readonly check: (event: ChatEvent) => ChatEvent | readonly ChatEvent[];
  /**
   * The provider has nothing more to say.
   *
   * @throws UpstreamError where a choice has begun and not ended, or nothing came at all.
   */
  readonly end: () => void;
}

const nothing: readonly ChatEvent[] = [];

export const createWellFormed = (provider: string): WellFormed => {
  const choices = new Map<number, ChoiceState>();
  let started = false;

  const stateOf = (choice: number): ChoiceState => {
    let state = choices.get(choice);
    if (state === undefined) {
      state = { ended: false, open: new Set(), begun: new Set() };
      choices.set(choice, state);
    }
    return state;
  };
  const invalid = (what: string): UpstreamError =>
    new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider });

  /** The first event of all is the start, whatever the provider began with. */
  const begin = (event: ChatEvent): ChatEvent | readonly ChatEvent[] => {
    if (event.type === "opaque") return event;
    started = true;
    if (event.type === "reply-start") return event;
    const inner = inPlace(event);
    return [
      { type: "reply-start" },
      ...(Array.isArray(inner) ? (inner as readonly ChatEvent[]) : [inner as ChatEvent]),
    ];
  };

  const inPlace = (event: ChatEvent): ChatEvent | readonly ChatEvent[] => {
    switch (event.type) {
      case "opaque":
      case "usage":
        return event;
      case "reply-start":
        return nothing;
      default:
    }
    const state = stateOf(event.choice);
    // What follows a choice's end can not be told to anybody who has already been given that end.
    if (state.ended) return nothing;
    switch (event.type) {
      case "tool-call-start":
        if (state.begun.has(event.index)) throw invalid("the beginning of one tool call twice");
        state.begun.add(event.index);
        state.open.add(event.index);
        return event;
      case "tool-call-delta":
        if (!state.open.has(event.index)) throw invalid("arguments of a tool call that is not open");
        return event;
      case "tool-call-end":
        return state.open.delete(event.index) ? event : nothing;
      case "reply-end": {
        state.ended = true;
        if (state.open.size === 0) return event;
        const { choice } = event;
        return [...[...state.open].map((index) => ({ type: "tool-call-end" as const, choice, index })), event];
      }
      default:
        return event;
    }
  };

  return {
    check: (event) => (started ? inPlace(event) : begin(event)),
    end: () => {
      for (const state of choices.values()) {
        if (!state.ended) {
          throw new UpstreamError("upstream_stream_truncated", `${provider} broke off in the middle of its answer.`, {
            provider,
          });
        }
      }
      if (choices.size === 0) {
        throw new UpstreamError("upstream_invalid_response", `${provider} sent an answer with nothing in it.`, {
          provider,
        });
      }
    },
  };
};
