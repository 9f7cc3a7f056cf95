import type { Answer, Choice } from "./answer.ts";

/** The choice of an answer, for wire formats that have room for one. */
export const onlyChoice = ({ choices }: Answer): Choice => {
  const [choice] = choices;
  if (choice === undefined) throw new TypeError("An answer has at least one choice.");
  return choice;
};
