import type { ChatEvent, EventBatch, UsageEvent } from "../../chat/event.ts";
import { mapBatches, type Reply } from "../../chat/reply.ts";
import { createField, type Field } from "./field.ts";
import { fieldNameOf, fieldTextOf, isFieldEvent, type FieldEvent } from "./field-text.ts";
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
  let usage: UsageEvent | undefined;

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
      field = createField(rules, formOf(event, choice), overlap, (span) => recorder.found(span.rule, span.category));
      choice.fields.set(name, field);
    }
    return field;
  };

  /** Ends fields; gives the place where one of them blocks. */
  const end = (fields: Iterable<Field>): Place | undefined => {
    for (const field of fields) {
      const blocking = field.end();
      if (blocking !== undefined) return { field, offset: blocking.start };
    }
    return undefined;
  };

  /**
   * The choice goes on with something else, so what came before it is released. A field that was left once and went
   * on shows that this answer jumps between its fields: from then on it waits for its real end.
   */
  const leaveOthers = (choice: number, stay?: Field): Place | undefined =>
    end([...choiceAt(choice).fields.values()].filter((field) => field !== stay && !field.resumed()));

  const takeText = (event: FieldEvent): Place | undefined => {
    const field = fieldAt(event);
    const text = fieldTextOf(event);
    const left = text === "" ? undefined : leaveOthers(event.choice, field);
    if (left !== undefined) return left;
    const blocking = text === "" ? undefined : field.push(text);
    held.addText(event, field);
    return blocking === undefined ? undefined : { field, offset: blocking.start };
  };

  /** Takes an event in; gives the place in front of which the answer has to end. */
  const take = (event: ChatEvent): Place | "here" | undefined => {
    if (isFieldEvent(event)) return takeText(event);
    let blocked: Place | undefined;
    if (event.type === "tool-call-start") {
      if (event.kind === "custom") choiceAt(event.choice).custom.add(event.index);
      blocked = leaveOthers(event.choice);
    } else if (event.type === "tool-call-end") {
      const field = choiceAt(event.choice).fields.get(fieldNameOf({ ...event, type: "tool-call-delta", arguments: "" }));
      blocked = end(field === undefined ? [] : [field]);
    } else if (event.type === "reply-end") {
      blocked = end(choiceAt(event.choice).fields.values());
    } else if (event.type === "usage") {
      usage = event;
    }
    if (blocked !== undefined) return blocked;
    const guarded = guardWholeEvent(event, rules, recorder);
    if (guarded === "block") return "here";
    if (guarded !== undefined) held.add(guarded);
    return undefined;
  };

  const block = (place: Place | "here", out: ChatEvent[]): void => {
    held.cut(out, place === "here" ? undefined : place);
    out.forEach(open.see);
    // Told already, it must not be told again.
    if (usage !== undefined && !open.hasSeen(usage)) out.push({ type: "usage", usage: usage.usage });
    out.push(...open.endings());
  };

  const guard = (batch: EventBatch, stop: () => void): EventBatch => {
    const out: ChatEvent[] = [];
    let blocked: Place | "here" | undefined;
    for (const event of batch) {
      blocked = take(event);
      if (blocked !== undefined) break;
    }
    while (blocked === undefined) {
      const inTheWay = held.release(out);
      if (inTheWay === undefined) break;
      blocked = end([inTheWay]);
    }
    if (blocked !== undefined) {
      stop();
      block(blocked, out);
    } else {
      out.forEach(open.see);
    }
    recorder.report();
    const asItCame = out.length === batch.length && out.every((event, index) => event === batch[index]);
    return asItCame ? batch : out;
  };

  /** A reply may end without its `reply-end`: what waits is then all there is. */
  const flush = (): EventBatch => {
    const out: ChatEvent[] = [];
    const blocked = end([...choices.values()].flatMap(({ fields }) => [...fields.values()]));
    if (blocked === undefined) held.release(out);
    else block(blocked, out);
    recorder.report();
    return out;
  };

  return mapBatches(reply, guard, { flush });
};

interface Place {
  readonly field: Field;
  readonly offset: number;
}
