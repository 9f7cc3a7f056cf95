import type { ChatEvent } from "../../chat/event.ts";
import type { Field } from "./field.ts";
import { fieldTextOf, isFieldEvent, saysMore, withFieldText, withoutProof, type FieldEvent } from "./field-text.ts";

interface Entry {
  readonly event: ChatEvent;
  /** Absent where the event may go out as soon as all before it have gone. */
  readonly field?: Field;
  /** Place of the event's text in its field. */
  readonly start: number;
  readonly end: number;
}

/** The events that came and may not go yet, in order. */
export interface HoldBack {
  readonly add: (event: ChatEvent) => void;
  /** Adds an event whose text has just been pushed to `field`. */
  readonly addText: (event: FieldEvent, field: Field) => void;
  /**
   * Moves to `out` what may go. An event goes whole: as it came where its text was not changed. Gives the field that
   * holds up more than may be held.
   */
  readonly release: (out: ChatEvent[]) => Field | undefined;
  /** Moves to `out` everything that may go in front of `place`, or of all without one, and forgets the rest. */
  readonly cut: (out: ChatEvent[], place?: { readonly field: Field; readonly offset: number }) => void;
}

// Counts each event as some characters, so that empty ones can not pile up either.
const heldLimit = 262_144;
const eventWeight = 64;
const weightOf = ({ start, end }: Entry): number => end - start + eventWeight;

export const createHoldBack = (): HoldBack => {
  let entries: Entry[] = [];
  let weight = 0;
  const changed = new Set<Field>();

  /** The part of an entry up to `end` of its field, as it may be delivered. */
  const deliver = ({ event, field, start, end: entryEnd }: Entry, out: ChatEvent[], end: number = entryEnd): void => {
    if (field === undefined || !isFieldEvent(event)) {
      out.push(event);
      return;
    }
    const came = fieldTextOf(event);
    const piece = came.slice(0, end - start);
    const text = field.deliver(piece, start);
    if (text !== piece) changed.add(field);
    let result = text === came ? event : withFieldText(event, text);
    if (end < entryEnd) result = withoutProof(result);
    if (changed.has(field)) {
      const bare = withoutProof(result);
      // One proof covers one run of text; the next run has its own.
      if (bare !== result) changed.delete(field);
      result = bare;
    }
    if (result === event || text !== "" || saysMore(result)) out.push(result);
  };

  const release = (out: ChatEvent[]): void => {
    let gone = 0;
    for (const entry of entries) {
      if (entry.field !== undefined && entry.field.released() < entry.end) break;
      deliver(entry, out);
      weight -= weightOf(entry);
      gone++;
    }
    if (gone > 0) entries = entries.slice(gone);
  };

  /** Too much is held, for one event is longer than anything may wait: what is certain of it goes in front. */
  const split = (out: ChatEvent[]): void => {
    const head = entries[0];
    if (head?.field === undefined || !isFieldEvent(head.event)) return;
    const end = head.field.released();
    if (end <= head.start) return;
    deliver(head, out, end);
    const rest = withFieldText(head.event, fieldTextOf(head.event).slice(end - head.start));
    entries[0] = { ...head, event: rest, start: end };
    weight -= end - head.start;
  };

  return {
    add: (event) => {
      entries.push({ event, start: 0, end: 0 });
      weight += eventWeight;
    },
    addText: (event, field) => {
      const end = field.length();
      const entry: Entry = { event, field, start: end - fieldTextOf(event).length, end };
      entries.push(entry);
      weight += weightOf(entry);
    },
    release: (out) => {
      release(out);
      if (weight > heldLimit) split(out);
      return weight > heldLimit ? entries[0]?.field : undefined;
    },
    cut: (out, place) => {
      for (const entry of entries) {
        const { field, start, end } = entry;
        const own = field !== undefined && field === place?.field;
        const limit = own ? (place?.offset ?? 0) : (field?.released() ?? end);
        if (limit >= end) deliver(entry, out);
        else if (limit > start) deliver(entry, out, limit);
        if (own && limit < end) break;
      }
      entries = [];
      weight = 0;
    },
  };
};
