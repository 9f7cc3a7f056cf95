import type { ChatEvent, EventBatch } from "../../chat/event.ts";
import { mapBatches } from "../../chat/map-reply.ts";
import type { Reply } from "../../chat/reply.ts";
import { createField, type Field } from "./field.ts";
import { fieldNameOf, fieldTextOf, isFieldEvent, toolCallFieldName, type FieldEvent } from "./field-text.ts";
import type { FindingRecorder } from "./findings.ts";
import { createHoldBack } from "./hold-back.ts";
import { guardWholeEvent } from "./guard-whole-event.ts";
import { createOpenChoices } from "./open-choices.ts";
import type { GuardrailRule } from "./rule.ts";
import type { TextForm } from "./scanner.ts";

export interface GuardReplyOptions {
  readonly rules: readonly GuardrailRule[];
  readonly overlap: number;
  readonly recorder: FindingRecorder;
}

interface ChoiceFields {
  /** The one that is being written. */
  current?: Field | undefined;
  readonly fields: Map<string, Field>;
  /** Indices of tool calls whose input is free text. */
  readonly custom: Set<number>;
}

/**
 * Applies the rules to an answer. Text is held back until nothing that begins in it can still turn out to be a match;
 * events behind it wait, so that their order stays. A block ends the answer with `content_filter`.
 */
export const guardReply = (reply: Reply, { rules, overlap, recorder }: GuardReplyOptions): Reply => {
  const choices = new Map<number, ChoiceFields>();
  const open = createOpenChoices();
  const held = createHoldBack();

  const choiceAt = (index: number): ChoiceFields => {
    let choice = choices.get(index);
    if (choice === undefined) {
      choice = { fields: new Map(), custom: new Set() };
      choices.set(index, choice);
    }
    return choice;
  };
  const formOf = (event: FieldEvent, { custom }: ChoiceFields): TextForm =>
    event.type === "tool-call-delta" && !custom.has(event.index) ? "json" : "plain";

  const fieldAt = (event: FieldEvent): Field => {
    const choice = choiceAt(event.choice);
    const name = fieldNameOf(event);
    let field = choice.fields.get(name);
    if (field === undefined) {
      field = createField(rules, formOf(event, choice), overlap, recorder.found);
      choice.fields.set(name, field);
    }
    return field;
  };

  /** Ends fields; gives the place where one of them blocks. */
  const end = (fields: Iterable<Field>): Place | undefined => {
    for (const field of fields) {
      const offset = field.end();
      if (offset !== undefined) return { field, offset };
    }
    return undefined;
  };

  /**
   * The choice goes on with something else, so what came before it is released. A field that was left once and went
   * on shows that this answer jumps between its fields: from then on it waits for its real end.
   */
  const turnTo = (choice: ChoiceFields, next?: Field): Place | undefined => {
    const { current } = choice;
    choice.current = next;
    return current === undefined || current === next || current.resumed() ? undefined : end([current]);
  };

  const takeText = (event: FieldEvent): Place | undefined => {
    const field = fieldAt(event);
    const text = fieldTextOf(event);
    let blocked: Place | undefined;
    if (text !== "") {
      blocked = turnTo(choiceAt(event.choice), field);
      if (blocked !== undefined) return blocked;
      const offset = field.push(text);
      if (offset !== undefined) blocked = { field, offset };
    }
    held.addText(event, field);
    return blocked;
  };

  /** Ends what an event ends. */
  const closeFields = (event: ChatEvent): Place | undefined => {
    if (event.type === "reply-end") return end(choiceAt(event.choice).fields.values());
    if (event.type === "tool-call-start") {
      const choice = choiceAt(event.choice);
      if (event.kind === "custom") choice.custom.add(event.index);
      return turnTo(choice);
    }
    if (event.type !== "tool-call-end") return undefined;
    const field = choiceAt(event.choice).fields.get(toolCallFieldName(event.index));
    return field === undefined ? undefined : end([field]);
  };

  /** Takes an event in; gives the place in front of which the answer has to end. */
  const take = (event: ChatEvent): Place | "here" | undefined => {
    open.came(event);
    if (isFieldEvent(event)) return takeText(event);
    const blocked = closeFields(event);
    if (blocked !== undefined) return blocked;
    const guarded = guardWholeEvent(event, rules, recorder.found);
    if (guarded === "block") return "here";
    if (guarded !== undefined) held.add(guarded);
    return undefined;
  };

  const takeAll = (batch: EventBatch): Place | "here" | undefined => {
    for (const event of batch) {
      const blocked = take(event);
      if (blocked !== undefined) return blocked;
    }
    return undefined;
  };

  /** Moves to `out` what may go. */
  const release = (out: ChatEvent[]): Place | undefined => {
    for (;;) {
      const inTheWay = held.release(out);
      if (inTheWay === undefined) return undefined;
      const blocked = end([inTheWay]);
      if (blocked !== undefined) return blocked;
    }
  };

  /** What goes out after `blocked` was found out, or because nothing was. */
  const give = (blocked: Place | "here" | undefined, stop?: () => void): readonly ChatEvent[] => {
    const out: ChatEvent[] = [];
    const place = blocked ?? release(out);
    if (place !== undefined) held.cut(out, place === "here" ? undefined : place);
    out.forEach(open.given);
    if (place !== undefined) {
      out.push(...open.endings());
      stop?.();
    }
    recorder.report();
    return out;
  };

  const guard = (batch: EventBatch, stop: () => void): EventBatch => {
    recorder.begin();
    const out = give(takeAll(batch), stop);
    const asItCame = out.length === batch.length && out.every((event, index) => event === batch[index]);
    return asItCame ? batch : out;
  };

  /** A reply may end without its `reply-end`: what waits is then all there is. */
  const flush = (): EventBatch => give(end([...choices.values()].flatMap(({ fields }) => [...fields.values()])));

  return mapBatches(reply, guard, { flush });
};

interface Place {
  readonly field: Field;
  readonly offset: number;
}
