import { endingOf, tidy, type Ending, type Said, type SaidCall, type SaidUsage } from "./said.ts";

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
}

interface Item {
  readonly type: string;
  readonly content?: readonly Part[] | null;
  readonly summary?: readonly Part[] | null;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
}

interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
}

/** A response as servers send it and as the official SDK gives it. */
export interface ResponseBody {
  readonly id?: string;
  readonly model?: string;
  readonly status?: string;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly output?: readonly Item[];
  readonly tools?: readonly { readonly type?: string; readonly name?: string }[];
  readonly usage?: Usage | null;
}

/** An event of a stream, as far as it says something about the answer. */
export interface ResponseEvent {
  readonly type: string;
  readonly output_index?: number;
  readonly content_index?: number;
  readonly summary_index?: number;
  readonly delta?: string;
  readonly item?: Item;
  readonly response?: ResponseBody;
}

const endings: Readonly<Record<string, Ending>> = {
  completed: "stop",
  max_output_tokens: "length",
  content_filter: "content_filter",
  failed: "error",
};

const usageOf = (usage: Usage | null | undefined): SaidUsage | undefined =>
  usage
    ? {
        input: usage.input_tokens,
        output: usage.output_tokens,
        cacheRead: usage.input_tokens_details?.cached_tokens,
        cacheWrite: usage.input_tokens_details?.cache_write_tokens,
        reasoning: usage.output_tokens_details?.reasoning_tokens,
      }
    : undefined;

const textsIn = (parts: readonly Part[] | null | undefined, type: string): readonly string[] =>
  (parts ?? []).flatMap((part) => (part.type === type ? [part.text ?? part.refusal ?? ""] : []));

/** A call of a tool that the client offered; what the server runs itself is its own affair. */
const callIn = (item: Item, tools: ResponseBody["tools"] = []): readonly SaidCall[] => {
  const { type, call_id: id, name = "" } = item;
  if (type === "function_call") return [{ id, name, arguments: tidy(item.arguments ?? "") }];
  const isOffered = tools.some((tool) => tool.type === "custom" && tool.name === name);
  return type === "custom_tool_call" && isOffered ? [{ id, name, arguments: item.input ?? "", isCustom: true }] : [];
};

/** Reads a whole response. */
export const readResponse = (response: ResponseBody): Said => {
  const { id, model, status, incomplete_details: incomplete, output = [], tools, usage } = response;
  const said = (type: string): string =>
    output.flatMap((item) => (item.type === "message" ? textsIn(item.content, type) : [])).join("");
  const calls = output.flatMap((item) => callIn(item, tools));
  const reasoning = output
    .filter(({ type }) => type === "reasoning")
    .flatMap((item) => [...textsIn(item.summary, "summary_text"), ...textsIn(item.content, "reasoning_text")])
    .filter((text) => text !== "");
  const word = status === "incomplete" ? incomplete?.reason : status;
  return {
    id,
    model,
    choices: [
      {
        text: said("output_text"),
        reasoning,
        refusal: said("refusal"),
        calls,
        finish: endingOf(endings, word, calls),
      },
    ],
    usage: usageOf(usage),
  };
};

type Field = "content" | "summary";
type Draft = { -readonly [Key in keyof Item]: Item[Key] };

/** Puts the response of a stream together from its pieces; of the last event only how it ended is believed. */
export const addUpResponse = (events: readonly ResponseEvent[]): ResponseBody => {
  const items: Draft[] = [];
  let last: ResponseBody | undefined;
  const itemAt = ({ output_index: index = 0 }: ResponseEvent): Draft => (items[index] ??= { type: "" });
  const grow = (event: ResponseEvent, field: Field, index: number, type: string, key: "text" | "refusal"): void => {
    const item = itemAt(event);
    const parts = [...(item[field] ?? [])];
    parts[index] = { type, [key]: (parts[index]?.[key] ?? "") + (event.delta ?? "") };
    item[field] = parts;
  };

  for (const event of events) {
    const { type, delta = "", item, response, content_index: part = 0, summary_index: place = 0 } = event;
    switch (type) {
      case "response.output_item.added":
        items[event.output_index ?? 0] = { ...item, type: item?.type ?? "", content: [], summary: [] };
        break;
      case "response.output_text.delta":
        grow(event, "content", part, "output_text", "text");
        break;
      case "response.refusal.delta":
        grow(event, "content", part, "refusal", "refusal");
        break;
      case "response.reasoning_text.delta":
        grow(event, "content", part, "reasoning_text", "text");
        break;
      case "response.reasoning_summary_text.delta":
        grow(event, "summary", place, "summary_text", "text");
        break;
      case "response.function_call_arguments.delta":
        itemAt(event).arguments = (itemAt(event).arguments ?? "") + delta;
        break;
      case "response.custom_tool_call_input.delta":
        itemAt(event).input = (itemAt(event).input ?? "") + delta;
        break;
      case "response.output_item.done": {
        const told = itemAt(event);
        // What a server did not tell in pieces.
        items[event.output_index ?? 0] = {
          ...told,
          ...item,
          type: item?.type ?? told.type,
          content: told.content?.length ? told.content : (item?.content ?? []),
          summary: told.summary?.length ? told.summary : (item?.summary ?? []),
        };
        break;
      }
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        last = response;
        break;
      default:
    }
  }
  if (last === undefined) throw new Error("There is no end in the stream.");
  return { ...last, output: items.filter((item) => item !== undefined) };
};
