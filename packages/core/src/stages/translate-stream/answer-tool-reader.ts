import type { ChatEvent } from "../../chat/event.ts";
import { answerToolName } from "../../dialects/answer-tool.ts";

interface ChoiceState {
  /** Ordinals of the calls that are the answer. */
  readonly answers: Set<number>;
  /** Other calls that have begun. */
  calls: number;
}

/**
 * Makes text of calls of the tool that stands for the client's output format: their arguments are the answer. The
 * client's own tools keep their calls, numbered as if there were no others.
 */
export const createAnswerToolReader = (): ((event: ChatEvent) => ChatEvent | undefined) => {
  const choices = new Map<number, ChoiceState>();

  const stateOf = (choice: number): ChoiceState => {
    const state = choices.get(choice) ?? { answers: new Set(), calls: 0 };
    choices.set(choice, state);
    return state;
  };
  const renumbered = <E extends ChatEvent & { readonly index: number }>(event: E, answers: Set<number>): E => {
    let before = 0;
    for (const index of answers) if (index < event.index) before++;
    return before === 0 ? event : { ...event, index: event.index - before };
  };

  return (event) => {
    switch (event.type) {
      case "tool-call-start": {
        const state = stateOf(event.choice);
        if (event.name !== answerToolName) {
          state.calls++;
          return renumbered(event, state.answers);
        }
        state.answers.add(event.index);
        return undefined;
      }
      case "tool-call-delta": {
        const { answers } = stateOf(event.choice);
        if (!answers.has(event.index)) return renumbered(event, answers);
        return { type: "text-delta", choice: event.choice, text: event.arguments };
      }
      case "tool-call-end": {
        const { answers } = stateOf(event.choice);
        return answers.has(event.index) ? undefined : renumbered(event, answers);
      }
      case "reply-end": {
        const state = choices.get(event.choice);
        const isAnswer = state !== undefined && state.answers.size > 0 && state.calls === 0;
        if (!isAnswer || event.finishReason !== "tool_calls") return event;
        // The provider's own word speaks of a call.
        const { nativeFinishReason: _native, ...rest } = event;
        return { ...rest, finishReason: "stop" };
      }
      default:
        return event;
    }
  };
};
