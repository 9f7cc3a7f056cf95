import type { Choice, CollectedReply } from "../../chat/collect.ts";
import type { FinishReason } from "../../chat/event.ts";
import { type Citation, type Extras, textOf } from "../../chat/message.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { writeGrounding } from "./citations.ts";
import { encodePart, tellsThoughts } from "./encode-parts.ts";
import { writeFinishReason } from "./finish-reason.ts";
import { writeLogprobs } from "./logprobs.ts";
import { encodeUsage } from "./usage.ts";

/** What every chunk of an answer says of the whole. */
export const encodeHead = (
  { id, model, created }: Pick<CollectedReply, "id" | "model" | "created">,
  { requestId, request }: EncodeOptions,
): Json =>
  present({
    modelVersion: model ?? request.model,
    responseId: id ?? requestId,
    createTime: created === undefined ? undefined : timeOf(created),
  });

/** What a provider claims to be a time need not be one. */
const timeOf = (seconds: number): string | undefined => {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

/** How a candidate ended. */
export interface Ending {
  readonly finishReason: FinishReason;
  readonly nativeFinishReason?: string;
  readonly extras?: Extras;
  readonly citations: readonly Citation[];
  readonly logprobs?: readonly unknown[];
  readonly isRefusal: boolean;
}

/** The fields of a candidate that say how it ended. `text` is all that was said. */
export const encodeEnding = (ending: Ending, text: string): Json => {
  const { extras = {}, citations, logprobs } = ending;
  const isNative = extras["groundingMetadata"] !== undefined || extras["citationMetadata"] !== undefined;
  return {
    finishReason: writeFinishReason(ending, ending.isRefusal),
    ...(citations.length === 0 || isNative ? {} : { groundingMetadata: writeGrounding(citations, text) }),
    ...(logprobs === undefined ? {} : { logprobsResult: writeLogprobs(logprobs) }),
    ...ownFields(extras, candidateFields),
  };
};

// Extras do not say whose they are: only fields that are known to be this dialect's go back.
const candidateFields: readonly string[] = [
  "finishMessage",
  "safetyRatings",
  "citationMetadata",
  "groundingMetadata",
  "groundingAttributions",
  "urlContextMetadata",
  "avgLogprobs",
  "tokenCount",
];
const answerFields: readonly string[] = ["promptFeedback", "modelStatus"];

const ownFields = (extras: Extras = {}, names: readonly string[]): Json =>
  present(Object.fromEntries(names.map((name) => [name, extras[name]])));

/** Fields of the whole answer that only this dialect has. */
export const ownAnswerFields = (extras: Extras | undefined): Json => ownFields(extras, answerFields);

/** A candidate, in JSON. At least one part is in it: clients take a content without any for a failure. */
export const writeCandidate = (index: number, parts: readonly string[], ending: Json = {}): string => {
  const content = `"content":{"parts":[${parts.length === 0 ? '{"text":""}' : parts.join(",")}],"role":"model"}`;
  return `{${content},${JSON.stringify({ ...ending, index }).slice(1)}`;
};

/** An answer or a chunk of one, in JSON. */
export const writeAnswer = (candidates: readonly string[], rest: Json): string =>
  candidates.length === 0
    ? JSON.stringify(rest)
    : `{"candidates":[${candidates.join(",")}],${JSON.stringify(rest).slice(1)}`;

/**
 * Writes a whole answer.
 *
 * @throws UpstreamError `upstream_invalid_response` for a tool call whose arguments are no JSON object.
 */
export const encodeReply = (reply: CollectedReply, options: EncodeOptions): string => {
  const { usage, serviceTier, extras, choices } = reply;
  const candidates = isBlockedPrompt(extras, choices[0]?.nativeFinishReason)
    ? []
    : choices.map((choice) => encodeChoice(choice, options));
  return writeAnswer(candidates, {
    ...ownAnswerFields(extras),
    ...(usage === undefined ? {} : { usageMetadata: encodeUsage(usage, serviceTier) }),
    ...encodeHead(reply, options),
  });
};

/** A prompt that the provider blocked has no candidate at all. */
export const isBlockedPrompt = (extras: Extras | undefined, reason: string | undefined): boolean => {
  const feedback = extras?.["promptFeedback"];
  return reason !== undefined && isObject(feedback) && feedback["blockReason"] === reason;
};

const encodeChoice = (choice: Choice, { request }: EncodeOptions): string => {
  const { index, parts } = choice;
  const partOptions = { thoughts: tellsThoughts(request), wasCut: choice.finishReason === "length" };
  const isRefusal = parts.some(({ type }) => type === "refusal");
  return writeCandidate(
    index,
    parts.flatMap((part) => encodePart(part, partOptions)),
    encodeEnding({ ...choice, isRefusal }, textOf(parts)),
  );
};
