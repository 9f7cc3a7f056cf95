import { madeCallId } from "../made-call-id.ts";

/** Gives calls and results of one conversation the ids they lack, so that each result names its call. */
export interface CallIds {
  /** A model turn begins: results that follow answer its calls. */
  readonly beginTurn: () => void;
  /** The id of a call. */
  readonly call: (name: string, given: string | undefined) => string;
  /** The id of the call that a result answers: by its id, else the first one of that name that waits for a result. */
  readonly result: (name: string, given: string | undefined) => string;
}

interface Call {
  readonly id: string;
  readonly name: string;
}

export const createCallIds = (): CallIds => {
  const waiting = new Map<string, Call>();
  const byName = new Map<string, Set<Call>>();
  // Counted, not drawn: the same conversation always gets the same ids, so that prompt caches hold.
  let made = 0;
  const make = (): string => madeCallId("history", made++);

  const answered = (call: Call): string => {
    waiting.delete(call.id);
    byName.get(call.name)?.delete(call);
    return call.id;
  };

  return {
    beginTurn: () => {
      waiting.clear();
      byName.clear();
    },
    call: (name, given) => {
      const call = { id: given ?? make(), name };
      waiting.set(call.id, call);
      const namesakes = byName.get(name) ?? new Set();
      byName.set(name, namesakes.add(call));
      return call.id;
    },
    result: (name, given) => {
      const [first] = byName.get(name) ?? [];
      const call = (given === undefined ? undefined : waiting.get(given)) ?? first;
      return call === undefined ? (given ?? make()) : answered(call);
    },
  };
};
