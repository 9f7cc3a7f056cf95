import type { Failure, Told } from "../../recordings/fronts/front.ts";
import type { Said } from "../../recordings/said.ts";
import type { Posted, Question } from "../question.ts";

/** A dialect that clients speak, as its plainest client would speak it. */
export interface Front {
  readonly name: string;
  /** Where it is asked, for people. */
  readonly route: string;
  readonly post: (question: Question, model: string, isStream: boolean) => Posted;
  /** Reads the body of a whole answer. */
  readonly read: (body: unknown) => Said;
  /** Reads the frames of a stream that ended well. @throws Error where the mark of its end is missing */
  readonly readStream: (frames: readonly Frame[]) => Said;
  /** What the body of a refusal says. */
  readonly readError: (body: unknown) => Told;
  /** What the frames of a stream say of how it failed. */
  readonly readLateError: (frames: readonly Frame[]) => Told;
  /** What its client is to be told of a failure; `isLate` where that comes after the answer has begun. */
  readonly tellFailure: (failure: Failure, isLate: boolean) => Told;
}

/** A frame of an event stream. */
export interface Frame {
  readonly event: string | undefined;
  /** Parsed, or the text itself where it is no JSON. */
  readonly data: unknown;
}

/** Refuses a stream that has not ended as it should. */
export const expectEnd = (isThere: boolean, mark: string): void => {
  if (!isThere) throw new Error(`The stream has no ${mark} at its end.`);
};
