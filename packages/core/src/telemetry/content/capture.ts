import * as api from "@opentelemetry/api";
import type { Attributes, Span } from "@opentelemetry/api";
import { createCollector } from "../../chat/collect.ts";
import { answerCharacters } from "../../chat/estimate.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Logger } from "../../pipeline/context.ts";
import { attribute } from "../semconv.ts";
import type { CaptureMode } from "./capture-mode.ts";
import type { Content, OnContent } from "./content.ts";
import { createDetailsEvent, type LogsApi } from "./details-event.ts";
import { fit } from "./fit.ts";
import { toContent } from "./from-chat.ts";

export interface ContentSettings {
  readonly capture: CaptureMode;
  /** Bytes of JSON that each of system instructions, input, output and tools may take; longer texts in it are cut. */
  readonly maxContentBytes: number;
  readonly onContent?: OnContent | undefined;
  readonly logger: Logger;
}

/** Watches what providers are told and what they answer. */
export interface ContentCapture {
  /** Begins an inference with the request as its provider is sent it. */
  readonly start: (request: ChatRequest) => InferenceContent;
}

/** The content of one inference. */
export interface InferenceContent {
  /** Takes in an event of the answer. */
  readonly event: (event: ChatEvent) => void;
  /**
   * The inference is over: tells its content. Never throws.
   *
   * @param span The inference's, not ended yet.
   * @param facts Attributes of that span, which the log record repeats.
   */
  readonly record: (span: Span, facts: Attributes) => void;
}

/** `undefined` where nothing is captured and nobody wants to see it. */
export const createContentCapture = (settings: ContentSettings, otel: LogsApi = api): ContentCapture | undefined => {
  const { capture, maxContentBytes, onContent, logger } = settings;
  if (capture === "none" && onContent === undefined) return undefined;
  const onSpan = capture === "span" || capture === "both";
  const inEvent = capture === "event" || capture === "both";
  const details = inEvent ? createDetailsEvent(otel) : undefined;
  if (inEvent && details === undefined) {
    logger.warn(
      `\`telemetry.captureContent\` is "${capture}", but log records need @opentelemetry/api 1.10: update it, or capture on the "span".`,
    );
  }

  const reportFailure = (error: unknown): void =>
    logger.error("The content of an inference was lost: capturing it failed, or `telemetry.onContent` did.", { error });

  /** What is to be captured when the host has seen the content. */
  const show = (span: Span, content: Content): Content | null => {
    const answer = onContent?.(span, content);
    if (answer instanceof Promise) {
      answer.catch(reportFailure);
      return null;
    }
    return answer === undefined ? content : answer;
  };

  const tell = (span: Span, facts: Attributes, content: Content): void => {
    const isOnSpan = onSpan && span.isRecording();
    const isInEvent = details?.enabled(span) === true;
    if (!isOnSpan && !isInEvent) return;
    const lists = toAttributes(content, maxContentBytes);
    if (isOnSpan) for (const [name, list] of Object.entries(lists)) span.setAttribute(name, JSON.stringify(list));
    if (isInEvent) details.emit(span, { ...facts, ...lists });
  };

  return {
    start: (request) => {
      const answer = createCollector();
      let room = maxContentBytes;
      return {
        event: (event) => {
          const characters = answerCharacters(event);
          if (event.type === "reply-end" || (characters > 0 && room > 0)) answer.push(event);
          room -= characters;
        },
        record: (span, facts) => {
          try {
            const content = show(span, toContent(request, answer.result().choices));
            if (content !== null) tell(span, facts, content);
          } catch (error) {
            reportFailure(error);
          }
        },
      };
    },
  };
};

/** The lists of a content as attributes, each cut to size. */
const toAttributes = ({ system = [], input = [], output = [], tools = [] }: Content, maxBytes: number): Attributes => {
  const attributes: Attributes = {};
  const add = (name: string, list: readonly unknown[]): void => {
    const fitting = fit(list, maxBytes);
    if (fitting.length > 0) attributes[name] = fitting;
  };
  add(attribute.genAiSystemInstructions, system);
  add(attribute.genAiInputMessages, input);
  add(attribute.genAiOutputMessages, output);
  add(attribute.genAiToolDefinitions, tools);
  return attributes;
};
