import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";

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

interface ChoiceState {
  ended: boolean;
  /** Whether each tool call that has begun is still open; absent before the first. */
  calls?: Map<number, boolean>;
}

const nothing: readonly ChatEvent[] = [];

export const createWellFormed = (provider: string): WellFormed => {
  const choices = new Map<number, ChoiceState>();
  let started = false;

  const stateOf = (choice: number): ChoiceState => {
    let state = choices.get(choice);
    if (state === undefined) {
      state = { ended: false };
      choices.set(choice, state);
    }
    return state;
  };
  const invalid = (what: string): UpstreamError =>
    new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider });

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
        state.calls ??= new Map();
        if (state.calls.has(event.index)) throw invalid("the beginning of one tool call twice");
        state.calls.set(event.index, true);
        return event;
      case "tool-call-delta":
        if (state.calls?.get(event.index) !== true) throw invalid("arguments of a tool call that is not open");
        return event;
      case "tool-call-end":
        if (state.calls?.get(event.index) !== true) return nothing;
        state.calls.set(event.index, false);
        return event;
      case "reply-end": {
        state.ended = true;
        const ends = endsOfOpenCalls(event.choice, state.calls);
        return ends.length === 0 ? event : [...ends, event];
      }
      default:
        return event;
    }
  };

  /** The first event of all is the start, whatever the provider began with. */
  const begin = (event: ChatEvent): ChatEvent | readonly ChatEvent[] => {
    if (event.type === "opaque") return event;
    started = true;
    return event.type === "reply-start" ? event : [{ type: "reply-start" }, ...[inPlace(event)].flat()];
  };

  return {
    check: (event) => (started ? inPlace(event) : begin(event)),
    end: () => {
      for (const { ended } of choices.values()) {
        if (!ended) {
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

const endsOfOpenCalls = (choice: number, calls: ReadonlyMap<number, boolean> | undefined): readonly ChatEvent[] => {
  if (calls === undefined) return nothing;
  return [...calls].filter(([, open]) => open).map(([index]) => ({ type: "tool-call-end", choice, index }));
};
