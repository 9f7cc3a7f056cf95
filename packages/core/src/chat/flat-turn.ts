import type { Part } from "./message.ts";

/*
 * Some messages are flat: one text, one refusal, the calls. Where reasoning stood among them is told by its place: how
 * many of these, and how many pieces of reasoning, come before it. A stream is counted as it goes.
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

export const createPlaces = (): Places => new CountedPlaces();

/** A class because there is one for each choice of a streamed answer: its closures would be made each time. */
class CountedPlaces implements Places {
  #place = 0;
  #hasText = false;
  #hasRefusal = false;

  text(): void {
    if (!this.#hasText) this.#place++;
    this.#hasText = true;
  }

  refusal(): void {
    if (!this.#hasRefusal) this.#place++;
    this.#hasRefusal = true;
  }

  call(): number {
    return this.#place++;
  }

  reasoning(): number {
    return this.#place++;
  }
}

/** A part and the place in its turn that was stated for it. */
export interface PlacedPart {
  readonly part: Part;
  readonly index?: number;
}

/** A turn in the order the model made it: reasoning at its stated place, or else before all others. */
export const arrange = (reasoning: readonly PlacedPart[], others: readonly Part[]): readonly Part[] => {
  if (reasoning.length === 0) return others;
  const parts: Part[] = [];
  const rest = [...others];
  for (const { part, index = 0 } of reasoning) {
    if (parts.length < index) parts.push(...rest.splice(0, index - parts.length));
    parts.push(part);
  }
  return [...parts, ...rest];
};
