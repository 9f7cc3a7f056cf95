import type { Message, ToolResultPart } from "../../chat/message.ts";

/** Finds the results that stand further down a history than right after their call. */
export interface LateResults {
  /**
   * Takes the result of a call out of the messages from index `from` on; `undefined` where there is none, or where the
   * id has come to mean another call by then.
   */
  readonly take: (toolCallId: string, from: number) => Message | undefined;
  readonly isTaken: (part: ToolResultPart) => boolean;
}

interface Place {
  readonly index: number;
  readonly message: Message;
  /** Absent where it is a call that stands there. */
  readonly result?: ToolResultPart;
}

export const createLateResults = (messages: readonly Message[]): LateResults => {
  const taken = new Set<ToolResultPart>();
  // Made when it is first needed: most histories are in order.
  let placesById: ReadonlyMap<string, readonly Place[]> | undefined;

  const take = (toolCallId: string, from: number): Message | undefined => {
    placesById ??= indexPlaces(messages);
    const place = placesById
      .get(toolCallId)
      ?.find(({ index, result }) => index >= from && (result === undefined || !taken.has(result)));
    if (place?.result === undefined) return undefined;
    const { message, result } = place;
    taken.add(result);
    return { ...message, parts: [result] };
  };
  return { take, isTaken: (part) => taken.has(part) };
};

const indexPlaces = (messages: readonly Message[]): ReadonlyMap<string, readonly Place[]> => {
  const places = new Map<string, Place[]>();
  const add = (id: string, place: Place): void => {
    const list = places.get(id);
    if (list === undefined) places.set(id, [place]);
    else list.push(place);
  };
  messages.forEach((message, index) => {
    for (const part of message.parts) {
      if (part.type === "tool-call") add(part.id, { index, message });
      if (part.type === "tool-result") add(part.toolCallId, { index, message, result: part });
    }
  });
  return places;
};
