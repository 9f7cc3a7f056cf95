import fc from "fast-check";

const letter = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Array.from('abc ,.\n\t"\\{}<>&')) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }) },
);

/** Text as people write it, in any script; without spaces at its ends, which some models refuse. */
export const text: fc.Arbitrary<string> = fc
  .array(letter, { minLength: 1, maxLength: 24 })
  .map((letters) => letters.join("").trim())
  .filter((value) => value !== "");

/** Names that every provider takes. */
export const name: fc.Arbitrary<string> = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);

/** Ids of calls that every provider takes. */
export const callId: fc.Arbitrary<string> = fc.stringMatching(/^toolu_[a-zA-Z0-9]{4,12}$/);

/** A JSON object as a model writes it. */
export const objectText: fc.Arbitrary<string> = fc
  .dictionary(name, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 2 })), {
    maxKeys: 3,
  })
  .map((value) => JSON.stringify(value));
