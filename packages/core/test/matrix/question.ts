import type { Json } from "../recordings/fixtures.ts";
import type { SaidCall } from "../recordings/said.ts";

/** What is asked of a model, in no dialect's words. */
export interface Question {
  readonly text: string;
  /** A picture in base64. */
  readonly image?: { readonly type: string; readonly data: string };
  readonly tools?: readonly Tool[];
  /** The turn after the text: calls the model made, and what came of each. */
  readonly turn?: { readonly calls: readonly SaidCall[]; readonly results: readonly string[] };
  /** What the answer's text has to be: JSON of this schema. */
  readonly schema?: Json;
  /** The model is to think first, and its thoughts are to be shown. */
  readonly thinks?: true;
}

/** A function on offer. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Json;
}

/** A request as a client of some dialect sends it. */
export interface Posted {
  readonly path: string;
  readonly body: Json;
}
