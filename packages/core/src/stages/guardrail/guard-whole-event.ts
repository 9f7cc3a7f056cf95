import type { ChatEvent } from "../../chat/event.ts";
import { inspectJson, inspectText, type Inspection } from "./inspect-text.ts";
import type { GuardrailRule } from "./rule.ts";
import type { OnFinding } from "./verdict.ts";

const blocked = new Error("blocked");

/**
 * Applies the rules to what an event says outside of any field's text. Gives the event itself, what takes its place,
 * nothing where it must be left out, or `block`.
 */
export const guardWholeEvent = (
  event: ChatEvent,
  rules: readonly GuardrailRule[],
  onFinding: OnFinding,
): ChatEvent | undefined | "block" => {
  const onBlock = (): never => {
    throw blocked;
  };
  try {
    return finish(guarded(event, { rules, onFinding, onBlock }));
  } catch (error) {
    if (error === blocked) return "block";
    throw error;
  }
};

function* guarded(event: ChatEvent, inspection: Inspection): Generator<void, ChatEvent | undefined> {
  switch (event.type) {
    case "tool-call-start":
      // The client would look in vain for a tool of another name.
      yield* inspectText(inspection, event.name, { replaceable: false });
      return event;
    case "citation": {
      const citation = yield* inspectJson(inspection, event.citation);
      if (citation === event.citation) return event;
      const { frame: _frame, ...rest } = event;
      return { ...rest, citation };
    }
    case "opaque": {
      // Nobody here knows what may be changed in it. What it completes is all of it, also where the pieces had none.
      const held = event.completes?.part.value ?? event.value;
      return (yield* inspectJson(inspection, held)) === held ? event : undefined;
    }
    default:
      return event;
  }
}

const finish = <T>(generator: Generator<void, T>): T => {
  for (;;) {
    const step = generator.next();
    if (step.done === true) return step.value;
  }
};
