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
  readonly choice: number;
  ended: boolean;
  /** Whether each tool call that has begun is still open; absent before the first. */
  calls?: Map<number, boolean>;
}

const nothing: readonly ChatEvent[] = [];

export const createWellFormed = (provider: string): WellFormed => new Grammar(provider);

/** A class because there is one for each answer: its closures would be made each time. */
class Grammar implements WellFormed {
  readonly #provider: string;
  readonly #choices: ChoiceState[] = [];
  /** The choice of the event before: mostly the next one's too. */
  #latest: ChoiceState | undefined;
  #started = false;

  constructor(provider: string) {
    this.#provider = provider;
  }

  readonly check = (event: ChatEvent): ChatEvent | readonly ChatEvent[] => {
    if (this.#started) return this.#inPlace(event);
    if (event.type === "opaque") return event;
    // The first event of all is the start, whatever the provider began with.
    this.#started = true;
    return event.type === "reply-start" ? event : [{ type: "reply-start" }, ...[this.#inPlace(event)].flat()];
  };

  readonly end = (): void => {
    if (this.#choices.length === 0) {
      throw new UpstreamError("upstream_invalid_response", `${this.#provider} sent an answer with nothing in it.`, {
        provider: this.#provider,
      });
    }
    if (this.#choices.every(({ ended }) => ended)) return;
    throw new UpstreamError("upstream_stream_truncated", `${this.#provider} broke off in the middle of its answer.`, {
      provider: this.#provider,
    });
  };

  #inPlace(event: ChatEvent): ChatEvent | readonly ChatEvent[] {
    switch (event.type) {
      case "opaque":
      case "usage":
        return event;
      case "reply-start":
        return nothing;
      default:
    }
    const state = this.#stateOf(event.choice);
    // What follows a choice's end can not be told to anybody who has already been given that end.
    if (state.ended) return nothing;
    switch (event.type) {
      case "tool-call-start":
        state.calls ??= new Map();
        if (state.calls.has(event.index)) throw this.#invalid("the beginning of one tool call twice");
        state.calls.set(event.index, true);
        return event;
      case "tool-call-delta":
        if (state.calls?.get(event.index) !== true) throw this.#invalid("arguments of a tool call that is not open");
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
  }

  #stateOf(choice: number): ChoiceState {
    if (this.#latest?.choice === choice) return this.#latest;
    return (this.#latest = stateIn(this.#choices, choice));
  }

  #invalid(what: string): UpstreamError {
    return new UpstreamError("upstream_stream_invalid", `${this.#provider} sent ${what}.`, {
      provider: this.#provider,
    });
  }
}

/** Not within the class: what looks through the list would be made anew for every event. */
const stateIn = (choices: ChoiceState[], choice: number): ChoiceState => {
  const known = choices.find((one) => one.choice === choice);
  if (known !== undefined) return known;
  const state = { choice, ended: false };
  choices.push(state);
  return state;
};

const endsOfOpenCalls = (choice: number, calls: ReadonlyMap<number, boolean> | undefined): readonly ChatEvent[] => {
  if (calls === undefined) return nothing;
  return [...calls].filter(([, open]) => open).map(([index]) => ({ type: "tool-call-end", choice, index }));
};
