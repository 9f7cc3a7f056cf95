import { endingOf, type Ending, type Said, type SaidCall } from "./said.ts";

/** A line of a stream; a whole answer is a single one. */
export interface OllamaLine {
  readonly model?: string;
  readonly message?: {
    readonly content?: string;
    readonly thinking?: string;
    readonly tool_calls?: readonly {
      readonly id?: string;
      readonly function: { readonly name: string; readonly arguments: unknown };
    }[];
  };
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
}

const endings: Readonly<Record<string, Ending>> = { stop: "stop", length: "length" };

export const readOllama = (lines: readonly OllamaLine[]): Said => {
  const last = lines.at(-1);
  const messages = lines.map(({ message = {} }) => message);
  const reasoning = messages.map(({ thinking = "" }) => thinking).join("");
  const calls = messages
    .flatMap(({ tool_calls: called = [] }) => called)
    .map(({ id, function: { name, arguments: given } }): SaidCall => ({ id, name, arguments: JSON.stringify(given) }));
  return {
    model: lines[0]?.model,
    choices: [
      {
        text: messages.map(({ content = "" }) => content).join(""),
        reasoning: reasoning === "" ? [] : [reasoning],
        refusal: "",
        calls,
        finish: endingOf(endings, last?.done_reason, calls),
      },
    ],
    usage: { input: last?.prompt_eval_count ?? 0, output: last?.eval_count ?? 0 },
  };
};
