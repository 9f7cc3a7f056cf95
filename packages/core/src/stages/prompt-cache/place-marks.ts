import { estimateInputTokens } from "../../chat/estimate.ts";
import type { CacheHint, Message, Part } from "../../chat/message.ts";
import type { ChatRequest, Tool } from "../../chat/request.ts";
import type { CachePlace, PromptCaching } from "../../dialects/dialect.ts";
import { leadingSystem } from "./hash-key.ts";

/** Where a mark was set, as the stage's span says it. */
export type Mark = "tools" | "system" | "turn" | "previous turn" | "request";

interface Spot {
  readonly mark: Mark;
  /** Tokens in front of it. */
  readonly tokens: number;
  readonly hint: CacheHint | undefined;
  readonly set: (draft: Draft, hint: CacheHint) => void;
}

/** A request's lists, copied to be changed. */
interface Draft {
  readonly tools: Tool[];
  readonly messages: Message[];
}

export interface Marked {
  readonly request: ChatRequest;
  readonly marks: readonly Mark[];
}

/**
 * The request with marks at the ends of what stays the same from one request to the next: at most `room` of them, and
 * none behind what is too short to be kept. The very request where no mark is set.
 */
export const placeMarks = (
  request: ChatRequest,
  { minTokens }: Pick<PromptCaching, "minTokens">,
  places: ReadonlySet<CachePlace>,
  room: number,
  hint: CacheHint,
): Marked => {
  const chosen = spotsOf(request, places)
    .filter((spot) => spot.tokens >= minTokens && spot.hint === undefined)
    .slice(0, Math.max(room, 0));
  if (chosen.length === 0) return { request, marks: [] };
  const draft: Draft = { tools: [...(request.tools ?? [])], messages: [...request.messages] };
  for (const spot of chosen) spot.set(draft, hint);
  const { tools, messages } = draft;
  return {
    request: { ...request, messages, ...(request.tools === undefined ? {} : { tools }) },
    marks: chosen.map(({ mark }) => mark),
  };
};

/** The places for marks, those first that save most: each covers all that stands before it. */
const spotsOf = (request: ChatRequest, places: ReadonlySet<CachePlace>): readonly Spot[] => {
  const { tools = [], messages } = request;
  const toolTokens = estimateInputTokens({ ...request, messages: [] });
  const spotAt = (mark: Mark, at: number | undefined): readonly Spot[] => {
    const message = at === undefined ? undefined : messages[at];
    const place = message?.parts.findLastIndex(isMarkable) ?? -1;
    const part = message?.parts[place];
    if (at === undefined || message === undefined || part === undefined) return [];
    const tokens = toolTokens + estimateInputTokens({ ...request, tools: [], messages: messages.slice(0, at + 1) });
    const set = (draft: Draft, cacheHint: CacheHint): void => {
      draft.messages[at] = { ...message, parts: message.parts.with(place, { ...part, cacheHint }) };
    };
    return [{ mark, tokens, hint: part.cacheHint, set }];
  };
  const start = leadingSystem(messages);
  const turn = lastTurn(messages, start, messages.length);
  // Where the mark stood when this turn was asked for: what was kept then is found also if much was added since.
  const asked = messages.findLastIndex(({ role }, at) => turn !== undefined && at <= turn && role === "assistant");
  return [
    ...(places.has("turns") ? spotAt("turn", turn) : []),
    ...(places.has("system") ? spotAt("system", lastMarkable(messages, 0, start)) : []),
    ...(places.has("tools") ? toolsSpot(tools, toolTokens) : []),
    ...(places.has("turns") ? spotAt("previous turn", lastTurn(messages, start, asked)) : []),
  ];
};

const toolsSpot = (tools: readonly Tool[], tokens: number): readonly Spot[] => {
  // What is loaded later stands elsewhere in the prompt, and Anthropic refuses a mark on it.
  const at = tools.findLastIndex((tool) => tool.type === "function" && tool.extras?.["defer_loading"] !== true);
  const tool = tools[at];
  if (tool?.type !== "function") return [];
  const set = (draft: Draft, cacheHint: CacheHint): void => {
    draft.tools[at] = { ...tool, cacheHint };
  };
  return [{ mark: "tools", tokens, hint: tool.cacheHint, set }];
};

/** What a model said or a tool brought is history; what the user says last may be said only once. */
const lastTurn = (messages: readonly Message[], start: number, end: number): number | undefined =>
  lastMarkable(messages, start, end, ({ role }) => role === "assistant" || role === "tool");

const lastMarkable = (
  messages: readonly Message[],
  start: number,
  end: number,
  accepts?: (message: Message) => boolean,
): number | undefined => {
  const at = messages.findLastIndex(
    (message, index) => index >= start && index < end && accepts?.(message) !== false && message.parts.some(isMarkable),
  );
  return at === -1 ? undefined : at;
};

/** Blank texts are left out of some requests, and reasoning takes no mark. */
const isMarkable = (part: Part): boolean => {
  if (part.type === "text") return part.text.trim() !== "";
  return part.type === "image" || part.type === "file" || part.type === "tool-result";
};
