import type { TextKind } from "./output-item.ts";

/** What the events about a text of this kind are called, and their fields. */
export interface TextNames {
  readonly event: string;
  readonly part: string;
  /** The field that says where the text stands in its item. */
  readonly place: "content_index" | "summary_index";
  readonly field: "text" | "refusal";
}

const content = { part: "response.content_part", place: "content_index" } as const;

const names: Readonly<Record<TextKind, TextNames>> = {
  text: { ...content, event: "response.output_text", field: "text" },
  refusal: { ...content, event: "response.refusal", field: "refusal" },
  summary: {
    event: "response.reasoning_summary_text",
    part: "response.reasoning_summary_part",
    place: "summary_index",
    field: "text",
  },
  raw: { ...content, event: "response.reasoning_text", field: "text" },
};

export const namesOf = (kind: TextKind): TextNames => names[kind];
