import type { ChatEvent, Frame, FrameBytes, OpaqueEvent, ReplyEnd, ReplyStart } from "../../chat/event.ts";
import { intactFrame } from "../../chat/frame.ts";
import type { Usage } from "../../chat/usage.ts";
import type { GatewayError } from "../../errors.ts";
import type { EncodeOptions, EventEncoder, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import { FrameJoiner } from "../frame-joiner.ts";
import { errorObject } from "../openai-errors.ts";
import { writeItem, type DraftItem } from "./draft-item.ts";
import { writeEnd } from "./endings.ts";
import { createFrameFollower, type FrameFollower } from "./frame-follower.ts";
import { dialectId } from "./identity.ts";
import { createOutputBuilder } from "./output-builder.ts";
import { createResponseObject, type Progress } from "./response-object.ts";
import { isRestated, restateFrame } from "./restate.ts";

const knownItems: ReadonlySet<unknown> = new Set(["message", "reasoning", "function_call", "custom_tool_call"]);

const writeFrame = (type: string | undefined, value: Json): string =>
  `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`;

/** Whether a frame tells of the response while it is being made. */
const isProgress = (event: ChatEvent | undefined): boolean =>
  event?.type === "opaque" && (event.name === "response.in_progress" || event.name === "response.queued");

/**
 * Writes a streamed response. Frames that came in this dialect pass as they are until something was changed: from then
 * on everything is written anew, for later frames tell again what earlier ones said.
 */
export const createEncoder = (options: EncodeOptions): EventEncoder => {
  const { request } = options;
  const out = new FrameJoiner();
  let follower: FrameFollower | undefined = createFrameFollower();
  let head: Omit<ReplyStart, "type"> = {};
  let sequence = 0;
  let isStarted = false;
  let isOver = false;
  // Items that have no place in a stream are counted down from none.
  let wholeItems = 0;
  let usage: Usage | undefined;
  let ending: ReplyEnd | undefined;

  /** The frame that ends the answer. Held until the end: whatever still fails comes before it. */
  let last: FrameBytes | undefined;
  let whole: Json | undefined;

  const emit = (type: string, fields: Json): void =>
    out.write(writeFrame(type, { type, sequence_number: sequence++, ...fields }));

  const builder = createOutputBuilder(options.requestId, emit);
  const response = (progress: Progress): Json => createResponseObject(head, options)(progress);

  const start = (): void => {
    if (isStarted) return;
    isStarted = true;
    const begun = response({ status: "in_progress", output: [] });
    emit("response.created", { response: begun });
    emit("response.in_progress", { response: begun });
  };

  /** From here on everything is written. */
  const stopPassing = (): void => {
    if (follower === undefined) return;
    sequence = follower.count() - (last === undefined ? 0 : 1);
    isStarted = sequence > 0;
    builder.resume(follower.items(), follower.calls);
    follower = undefined;
  };

  const finish = (): void => {
    isOver = true;
    start();
    const { status, incomplete_details } = writeEnd(ending ?? { finishReason: "error" });
    builder.end(status === "completed" ? "completed" : "incomplete");
    const error = status === "failed" ? { error: { code: "server_error", message: "The provider gave up." } } : {};
    const told = response({ status, incomplete_details, output: builder.output(), usage, ...error });
    if (status !== "failed") whole = told;
    emit(`response.${status}`, { response: told });
  };

  /** Passes a frame as it came, but for what this client is told otherwise, and keeps back the last one. */
  const pass = (frame: Frame, items: () => readonly DraftItem[]): void => {
    const [first] = frame.events;
    const value = first?.type === "opaque" && isObject(first.value) ? first.value : undefined;
    const isHead = first?.type === "reply-start" || isProgress(first);
    const isRewritten = isRestated(request) && (isHead || isOver);
    const restated = isRewritten ? restateFrame(frame.bytes, request) : undefined;
    const bytes = restated === undefined ? frame.bytes : { raw: writeFrame(stringIn(restated, "type"), restated) };
    if (!isOver) return out.pass(bytes);
    last = bytes;
    const told = objectIn(restated ?? value ?? {}, "response") ?? {};
    // Some servers tell only the items, and nothing of them again at the end.
    whole = arrayIn(told, "output").length > 0 ? told : { ...told, output: items().map(writeItem) };
  };

  const end = (): void => {
    if (isOver) return;
    stopPassing();
    finish();
  };

  /** What only this dialect knows and came beside something that was changed. */
  const writeOpaque = ({ dialect, name, value, completes }: OpaqueEvent): void => {
    const image = dialect === dialectId ? undefined : completes?.part.image;
    if (image !== undefined) {
      start();
      return builder.image(image);
    }
    if (dialect !== dialectId || !isObject(value)) return;
    const source = numberIn(value, "output_index");
    if (source === undefined) {
      if (completes === undefined) return;
      // It came whole: begun and ended at once.
      start();
      builder.opaqueItem(value, --wholeItems);
      builder.opaqueItem(value, wholeItems);
      return;
    }
    const item = objectIn(value, "item");
    if (item !== undefined && !knownItems.has(item["type"])) {
      start();
      builder.opaqueItem(item, source);
    } else if (item !== undefined) {
      builder.announce(source, stringIn(item, "id") ?? "");
    } else {
      const place = builder.placeOf(source);
      const { type: _type, sequence_number: _number, ...fields } = value;
      if (place !== undefined) emit(name, { ...fields, output_index: place });
    }
  };

  const write = (event: ChatEvent): void => {
    switch (event.type) {
      case "reply-start":
        head = event;
        return;
      case "usage":
        ({ usage } = event);
        return;
      case "opaque":
        return writeOpaque(event);
      case "reply-end":
        if (event.choice === 0) ending ??= event;
        return;
      default:
        // This dialect has one choice, and nothing comes after its end.
        if (event.choice !== 0 || ending !== undefined) return;
        start();
        builder.write(event);
    }
  };

  return {
    encode: (batch) => {
      for (let index = 0; index < batch.length && !isOver;) {
        const event = batch[index];
        if (event === undefined) break;
        const frame = follower === undefined ? undefined : intactFrame(batch, index, dialectId, "stream");
        if (frame !== undefined && follower?.follow(frame) === true) {
          for (const passed of frame.events) if (passed.type === "reply-start") head = passed;
          isOver = follower.isOver();
          pass(frame, follower.items);
          index += frame.events.length;
          continue;
        }
        // An end mark of another dialect changes nothing.
        if (event.type !== "opaque" || event.dialect === dialectId) stopPassing();
        write(event);
        index++;
      }
      return out.take();
    },
    whole: () => {
      end();
      return whole;
    },
    end: () => {
      end();
      if (last !== undefined) out.pass(last);
      return out.take();
    },
    fail: (error: GatewayError) => {
      if (isOver && last === undefined) return "";
      stopPassing();
      isOver = true;
      const { code, message, param, type } = errorObject(error);
      // Some clients read the error beside the type, others inside it.
      emit("error", { code, message, param, error: { type, code, message, param } });
      const failed = response({ status: "failed", error: { code: "server_error", message }, output: builder.output() });
      emit("response.failed", { response: failed });
      return String(out.take());
    },
  };
};
