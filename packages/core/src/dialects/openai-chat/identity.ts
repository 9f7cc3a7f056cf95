import { dialectId as completionsId } from "../openai-completions/identity.ts";

/** Id of the dialect, also on everything opaque that it carries. */
export const dialectId = "openai-chat";

/** The field that makes models search the web which do it by themselves. */
export const searchOptions = "web_search_options";

/** Whether a request's fields are in the words of this dialect: its predecessor has the same, but for the prompt. */
export const hasOwnWords = ({ dialect }: { readonly dialect: string }): boolean =>
  dialect === dialectId || dialect === completionsId;

/** Family of the thought signatures that hang on single tool calls instead of on reasoning. */
export const thoughtSignatureFormat = "google-gemini-v1";
