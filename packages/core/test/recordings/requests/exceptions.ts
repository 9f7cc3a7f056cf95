/** A recorded request that is not written again as it was, and why. */
export interface RequestException {
  readonly reason: string;
  /** The code of the error with which the front refuses it. */
  readonly refused?: string;
  /** Where what is written differs, its dialect's freedoms apart. */
  readonly differs?: readonly string[];
}

/** The only recorded requests that are not, by their folder; `>` before those that a translation made. */
export const requestExceptions: Readonly<Record<string, RequestException>> = {
  "openai/chat-error-400-error-identity-edge-chat-completions-validation-error-carries-id": {
    reason: "It was made to be wrong.",
    refused: "invalid_value",
  },
  "openai/responses-tool-result-tool-with-complex-return-type-2": {
    reason: "It goes on from an answer that the provider keeps, which the gateway does not know.",
    refused: "unsupported_parameter",
  },
  "> translations/anthropic-messages_to_gemini/anthropic-mixed-tool-result-with-text": {
    reason: "Its model refuses calls without a signature, so that one gets the word that stands for none.",
    differs: ["contents.1.parts.0.thoughtSignature"],
  },
};
