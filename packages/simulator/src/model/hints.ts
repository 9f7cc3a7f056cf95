/** What the user's words offer for filling in arguments and sentences. */
export interface Hints {
  /** Names and quoted words, in order: cities, people, passwords. */
  readonly mentions: readonly string[];
  readonly numbers: readonly number[];
  /** The words that say what it is about, at most six. */
  readonly topic: string;
}

const fillerWords = new Set(
  (
    "a about all also am an and any are as ask at be both by call can could did do does for from get give has have hello hi " +
    "how i if in into is it its just let like make may me my no not now of on one or our out please reply say should show so " +
    "some tell than that the their them then there these they this those to today tool two us use using want was we were " +
    "what when where which who why will with would write you your"
  ).split(" "),
);

const wordsOf = (text: string): readonly string[] => text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];

const isFiller = (word: string): boolean => fillerWords.has(word.toLowerCase());

const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/"([^"\n]{1,80})"|`([^`\n]{1,80})`|“([^”\n]{1,80})”/gu)].map((match) => match.slice(1).join(""));

/** Runs of capitalised words, such as "New York"; a filler at the start of a sentence does not count. */
const properNames = (text: string): readonly string[] =>
  [...text.matchAll(/\p{Lu}[\p{L}’-]+(?: \p{Lu}[\p{L}’-]+)*/gu)]
    .map((match) => match[0].split(" "))
    .map((words) => words.slice(words.findIndex((word) => !isFiller(word))))
    .filter((words) => words.some((word) => !isFiller(word)))
    .map((words) => words.join(" "));

/** Reads the hints out of what the user said. */
export const readHints = (text: string): Hints => {
  const topic = wordsOf(text)
    .filter((word) => !isFiller(word))
    .slice(0, 6)
    .join(" ");
  return {
    mentions: [...new Set([...quoted(text), ...properNames(text)])],
    numbers: (text.match(/-?\d+(?:\.\d+)?/gu) ?? [])
      .map(Number)
      .filter((number) => Number.isSafeInteger(Math.trunc(number))),
    topic: topic === "" ? "your message" : topic,
  };
};
