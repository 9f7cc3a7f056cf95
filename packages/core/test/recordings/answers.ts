import { allRecordings, type Recording } from "./fixtures.ts";
import { mended } from "./mended.ts";
import { answerDialects } from "./read-recording.ts";

/** Every recorded answer of a model, as the provider would have answered the gateway. */
export const answers: readonly Recording[] = allRecordings
  .filter(({ dialect }) => answerDialects.has(dialect))
  .map(mended);

/** A provider's refusal is an answer too. */
export const isRefusal = ({ status }: Recording): boolean => status !== 200;

/** With their names, which a title shows whole only where they come first. */
export const named = (list: readonly Recording[]): readonly (readonly [string, Recording])[] =>
  list.map((recording) => [recording.dir, recording]);
