import { ApiError, GoogleGenAI, type GenerateContentParameters, type GenerateContentResponse } from "@google/genai";
import { readGemini } from "../read-gemini.ts";
import type { Said } from "../said.ts";
import { withoutCustomCalls, withoutCutCalls, withRefusalInText, type Front } from "./front.ts";

interface ErrorBody {
  readonly status?: string;
  readonly details?: readonly { readonly reason?: string }[];
}

/** The error object in the text that the SDK makes its message of. */
const errorIn = ({ message }: ApiError): ErrorBody =>
  (JSON.parse(message.slice(message.indexOf("{"))) as { readonly error: ErrorBody }).error;

const reading = (chunks: readonly GenerateContentResponse[]): Said => readGemini(chunks);

/** The status by its name. */
const types: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  413: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** Gemini's `generateContent`, by the SDK `@google/genai`. */
export const geminiFront: Front = {
  name: "gemini",
  dialect: "gemini",
  connect: ({ origin, fetch }) => {
    const client = new GoogleGenAI({
      apiKey: "none",
      httpOptions: { baseUrl: origin, fetch, timeout: 10_000 },
    });
    return async ({ model, isStream }) => {
      // Its SDK takes no body as it is on the wire; only those who ask are told thoughts.
      const asked: GenerateContentParameters = {
        model,
        contents: "Hello",
        config: { thinkingConfig: { includeThoughts: true } },
      };
      if (!isStream) return reading([await client.models.generateContent(asked)]);
      const chunks: GenerateContentResponse[] = [];
      for await (const chunk of await client.models.generateContentStream(asked)) chunks.push(chunk);
      return reading(chunks);
    };
  },
  readThrown: (error) => {
    if (!(error instanceof ApiError)) return undefined;
    const { status: type, details = [] } = errorIn(error);
    return { told: { status: error.status, code: details[0]?.reason?.toLowerCase(), type } };
  },
  // Also inside a stream, an error names its status.
  tellFailure: ({ status, code }) => ({ status, code, type: types[status] }),
  // What was written to a cache has no place here.
  tell: ({ choices, usage, ...said }) => ({
    ...said,
    choices: choices.map(withoutCustomCalls).map(withRefusalInText).map(withoutCutCalls),
    usage: usage && { ...usage, cacheWrite: undefined },
  }),
  reasoningSeparator: "",
};
