import { endingOf, tidy, type Ending, type Said, type SaidCall } from "./said.ts";

interface Content {
  readonly text?: string;
  readonly thinking?: string;
}

interface Call {
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface End {
  readonly finish_reason?: string;
  readonly usage?: {
    readonly tokens?: {
      readonly input_tokens?: number;
      readonly output_tokens?: number;
      readonly image_tokens?: number;
      readonly reasoning_tokens?: number;
    };
    readonly cached_tokens?: number;
  };
}

/** A whole answer. */
export interface CohereBody extends End {
  readonly id?: string;
  readonly message: {
    readonly content?: readonly Content[];
    readonly tool_plan?: string;
    readonly tool_calls?: readonly Call[];
  };
}

/** An event of a stream: where a whole answer has a list, it has one object. */
export interface CohereEvent {
  readonly type: string;
  readonly id?: string;
  readonly index?: number;
  readonly delta?: End & {
    readonly message?: { readonly content?: Content; readonly tool_plan?: string; readonly tool_calls?: Call };
  };
}

const endings: Readonly<Record<string, Ending>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool_calls",
  ERROR_TOXIC: "content_filter",
};

export const readCohere = ({ id, message, finish_reason: word, usage }: CohereBody): Said => {
  const { content = [], tool_plan: plan = "", tool_calls: called = [] } = message;
  const calls = called.map((call): SaidCall => {
    const { name = "", arguments: text = "" } = call.function ?? {};
    return { id: call.id, name, arguments: tidy(text) };
  });
  const { tokens } = usage ?? {};
  return {
    id,
    choices: [
      {
        text: content.map(({ text = "" }) => text).join(""),
        reasoning: [plan, ...content.map(({ thinking = "" }) => thinking)].filter((text) => text !== ""),
        refusal: "",
        calls,
        finish: endingOf(endings, word, calls),
      },
    ],
    usage: tokens && {
      input: (tokens.input_tokens ?? 0) + (tokens.image_tokens ?? 0),
      output: tokens.output_tokens ?? 0,
      cacheRead: usage?.cached_tokens,
      reasoning: tokens.reasoning_tokens,
    },
  };
};

/** Puts the answer of a stream together. */
export const addUpCohere = (events: readonly CohereEvent[]): CohereBody => {
  const content: { text: string; thinking: string }[] = [];
  const calls: { id?: string; function: { name: string; arguments: string } }[] = [];
  let plan = "";
  for (const { index = 0, delta } of events) {
    const { content: piece, tool_plan: planned = "", tool_calls: call } = delta?.message ?? {};
    plan += planned;
    if (piece !== undefined) {
      const block = (content[index] ??= { text: "", thinking: "" });
      block.text += piece.text ?? "";
      block.thinking += piece.thinking ?? "";
    }
    // Without any, the first event holds an empty list.
    if (call?.function !== undefined) {
      const open = (calls[index] ??= { function: { name: "", arguments: "" } });
      if (call.id !== undefined) open.id = call.id;
      open.function.name += call.function.name ?? "";
      open.function.arguments += call.function.arguments ?? "";
    }
  }
  const id = events.find(({ type }) => type === "message-start")?.id;
  return {
    ...(id === undefined ? {} : { id }),
    ...events.find(({ type }) => type === "message-end")?.delta,
    message: { content: Object.values(content), tool_plan: plan, tool_calls: Object.values(calls) },
  };
};
