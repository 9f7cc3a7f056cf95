/*
 * A chat message is flat: one text, one refusal, the calls. Where its reasoning stood among them is told by the `index`
 * of each detail: how many of these, and how many pieces of reasoning, come before it. A stream counts as it goes.
 */

/** Counts the places of one turn's parts, in the order the model made them. */
export interface Places {
  readonly text: () => void;
  readonly refusal: () => void;
  /** The place of a call. */
  readonly call: () => number;
  /** The place of a piece of reasoning, or of a proof that travels as one. */
  readonly reasoning: () => number;
}

export const createPlaces = (): Places => {
  let place = 0;
  let hasText = false;
  let hasRefusal = false;
  return {
    text: () => {
      if (!hasText) place++;
      hasText = true;
    },
    refusal: () => {
      if (!hasRefusal) place++;
      hasRefusal = true;
    },
    call: () => place++,
    reasoning: () => place++,
  };
};
