import { exceptionAt } from "./exceptions.ts";
import { allRecordings, type Recording } from "./fixtures.ts";
import { mended } from "./mended.ts";
import { answerDialects } from "./read-recording.ts";

/** Every recorded answer of a model, as the provider would have answered the gateway. */
export const answers: readonly Recording[] = allRecordings
  .filter(({ dialect }) => answerDialects.has(dialect))
  .map(mended);

/** A provider's refusal is an answer too. */
export const isRefusal = ({ status }: Recording): boolean => status !== 200;

/** An answer that fails whoever asks for it: made to break, or broken by the provider. */
export const isBroken = (recording: Recording): boolean => exceptionAt("chat", true, recording)?.failure !== undefined;

/** The answers of a wire format that are neither refusals nor broken. */
export const soundAnswers = (dialect: string): readonly Recording[] =>
  answers.filter((recording) => recording.dialect === dialect && !isRefusal(recording) && !isBroken(recording));

/** With their names, which a title shows whole only where they come first. */
export const named = (list: readonly Recording[]): readonly (readonly [string, Recording])[] =>
  list.map((recording) => [recording.dir, recording]);
