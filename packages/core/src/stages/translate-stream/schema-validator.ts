import type { JsonSchema } from "../../chat/request.ts";
import { isObject } from "../../dialects/fields.ts";
import { bounded } from "./bounded.ts";

/** Whether a value is valid under a schema; `unchecked` where nobody could tell. */
export type SchemaVerdict =
  | { readonly verdict: "valid" | "unchecked" }
  /** `place`: where in the schema it says what the value is not. */
  | { readonly verdict: "invalid"; readonly place: string };

export type ValidateSchema = (schema: JsonSchema, value: unknown) => SchemaVerdict;

type Draft = "4" | "7" | "2019-09" | "2020-12";

/** The part of the validator package that is needed here. */
interface ValidatorPackage {
  readonly Validator: new (
    schema: object,
    draft: Draft,
  ) => {
    readonly validate: (value: unknown) => {
      readonly valid: boolean;
      readonly errors: readonly { readonly keywordLocation: string }[];
    };
  };
}

/** Schemas and their patterns are the client's: how long they may hold everybody else up. */
const timeoutMs = 50;

let loading: Promise<ValidateSchema | undefined> | undefined;

/** Loads the validator, once; `undefined` where the package it is in is not installed. */
export const loadValidator = (): Promise<ValidateSchema | undefined> =>
  (loading ??= import("@cfworker/json-schema").then(createValidator, () => undefined));

const createValidator =
  ({ Validator }: ValidatorPackage): ValidateSchema =>
  (schema, value) => {
    try {
      return bounded(timeoutMs, () => {
        // A copy, as the validator writes into the schemas it is given.
        const { valid, errors } = new Validator(structuredClone(schema), draftOf(schema)).validate(value);
        return valid ? { verdict: "valid" } : { verdict: "invalid", place: errors.at(-1)?.keywordLocation ?? "#" };
      });
    } catch {
      // The schema is none, or takes longer to check than an answer is worth.
      return { verdict: "unchecked" };
    }
  };

const draftOf = (schema: JsonSchema): Draft => {
  const named = isObject(schema) ? schema["$schema"] : undefined;
  if (typeof named !== "string") return "2020-12";
  const [draft] = (["2019-09", "draft-07", "draft-04"] as const).filter((name) => named.includes(name));
  return draft === "draft-07" ? "7" : draft === "draft-04" ? "4" : (draft ?? "2020-12");
};
