import type { Json } from "../fixtures.ts";
import type { Said, SaidChoice } from "../said.ts";

/** Where a gateway is asked. */
export interface Door {
  /** Without a trailing slash. */
  readonly origin: string;
  readonly fetch: typeof globalThis.fetch;
}

export interface Asked {
  readonly model: string;
  readonly isStream: boolean;
  /** A recorded request in the front's own dialect, in place of a small one. */
  readonly body?: Json | undefined;
  /** Names of the tools that are given a text instead of JSON. */
  readonly customTools?: readonly string[];
}

/** How the gateway fails, in its own words. */
export interface Failure {
  readonly status: number;
  readonly code: string;
}

/** What a client's SDK throws of that, as far as it tells. */
export interface Told {
  readonly status: number | undefined;
  readonly code?: string | null | undefined;
  /** The dialect's own word for it. */
  readonly type?: string | null | undefined;
}

/** What an SDK threw, and the headers of the answer where it shows them. */
export interface Thrown {
  readonly told: Told;
  readonly headers?: Headers | undefined;
}

/** How an answer reaches the client. */
interface Telling {
  /** It came in the front's own dialect. */
  readonly isOwn: boolean;
  readonly isStream: boolean;
}

/** A dialect that clients speak to the gateway, and its official SDK. */
export interface Front {
  readonly name: string;
  readonly dialect: string;
  /** Opens the SDK at a door. */
  readonly connect: (door: Door) => (asked: Asked) => Promise<Said>;
  /** Reads what its SDK threw; `undefined` for whatever does not come from the gateway. */
  readonly readThrown: (error: unknown) => Thrown | undefined;
  /** What its client is to be told of a failure; `isLate` where that comes after the answer has begun. */
  readonly tellFailure: (failure: Failure, isLate: boolean) => Told;
  /** What its client is to be told of an answer. */
  readonly tell: (said: Said, how: Telling) => Said;
  /** How the texts of several blocks of reasoning are joined where the dialect has one text for all. */
  readonly reasoningSeparator: string;
}

/** What was read from a stream, if the SDK has put the same together: texts and calls, and why it ended. */
export const agreeing = (said: Said, final: Said): Said => {
  const gist = ({ choices }: Said): string =>
    JSON.stringify(choices.map(({ text, calls, finish }) => [text, calls.map(({ id, name }) => [id, name]), finish]));
  if (gist(said) !== gist(final)) throw new Error(`The SDK has put together another answer: ${gist(final)}`);
  return said;
};

/** Refusals are told in the text, and are what the answer ends with. */
export const withRefusalInText = (choice: SaidChoice): SaidChoice => ({
  ...choice,
  text: choice.text + choice.refusal,
  refusal: "",
  finish: choice.refusal === "" ? choice.finish : "content_filter",
});

/** Where a client cannot have offered tools that take a text, their calls are the provider's own affair. */
export const withoutCustomCalls = (choice: SaidChoice): SaidChoice => {
  const calls = choice.calls.filter(({ isCustom }) => isCustom !== true);
  const isStop = calls.length === 0 && choice.finish === "tool_calls";
  return { ...choice, calls, finish: isStop ? "stop" : choice.finish };
};

/** Half a call is of no use where calls are objects: the limit that cut it is what the answer ends with. */
export const withoutCutCalls = (choice: SaidChoice): SaidChoice => ({
  ...choice,
  calls: choice.calls.filter((call) => choice.finish !== "length" || isJson(call.arguments)),
});

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
