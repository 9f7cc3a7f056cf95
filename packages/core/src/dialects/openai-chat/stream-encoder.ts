import type { ChatEvent, Frame, FrameBytes, ReplyStart } from "../../chat/event.ts";
import { intactFrame } from "../../chat/frame.ts";
import type { GatewayError } from "../../errors.ts";
import type { Usage } from "../../chat/usage.ts";
import type { EncodeOptions, EventEncoder, Json } from "../dialect.ts";
import { createFrameJoiner } from "../frame-joiner.ts";
import { createChunkWriter, type ChunkWriter } from "./chunk-writer.ts";
import { createDeltaWriter } from "./delta-writer.ts";
import { expectsFunctionCall } from "./deprecated-functions.ts";
import { errorObject } from "../openai-errors.ts";
import { dialectId } from "./identity.ts";
import { passes } from "./passes.ts";
import { writeUsage } from "./usage.ts";

/** What the clients of the services that speak this dialect expect differently. */
interface ChatForm {
  /** The error as it stands in a chunk. */
  readonly errorObject: (error: GatewayError) => Json;
  /** Frames that nobody touched may pass as they came. */
  readonly passesFrames: boolean;
  /** Until usage is told, every chunk says that it is still to come. */
  readonly announcesUsage: boolean;
}

const openaiForm: ChatForm = { errorObject, passesFrames: true, announcesUsage: true };

/** Writes one streamed answer: frames nobody touched as they came, the rest as chunks of the same stream. */
export const createEncoder = (options: EncodeOptions, form: ChatForm = openaiForm): EventEncoder => {
  const { request } = options;
  const wantsUsage = request.includeUsage === true;
  const { passesFrames } = form;
  const legacy = expectsFunctionCall(request);
  const deltas = createDeltaWriter(request, legacy);
  let start: ReplyStart | undefined;
  let writer: ChunkWriter | undefined;
  let usage: Usage | undefined;
  let done: FrameBytes = { raw: "data: [DONE]\n\n" };

  const chunks = (): ChunkWriter => (writer ??= createChunkWriter(start, options, wantsUsage && form.announcesUsage));

  /** Usage comes last, whenever the provider told it. */
  const flushUsage = (): string => {
    if (usage === undefined || !wantsUsage) return "";
    const member = `"usage":${JSON.stringify(writeUsage(usage, request.includeCost === true))}`;
    usage = undefined;
    return chunks().bare(member);
  };

  const out = createFrameJoiner();

  const passFrame = (frame: Frame): void => {
    const { samples } = frame;
    const [first] = samples;
    for (const event of samples) {
      if (event.type === "reply-start") start ??= event;
      deltas.passed(event);
    }
    if (samples.length === 1 && first !== undefined) {
      if (first.type === "usage" && !wantsUsage) return;
      if (first.type === "opaque" && first.name === "done") {
        // Held until the end: whatever a stage still has to say, or whatever still fails, comes before it.
        done = frame.bytes;
        return;
      }
    }
    // It says later than anything held back what there is to say.
    if (samples.some(({ type }) => type === "usage")) usage = undefined;
    out.pass(frame.bytes);
  };

  const encodeEvent = (event: ChatEvent): string => {
    switch (event.type) {
      case "reply-start":
        start ??= event;
        return deltas.begin(0, chunks());
      case "usage":
        ({ usage } = event);
        return "";
      case "opaque": {
        const { completes } = event;
        return completes === undefined ? "" : deltas.opaque(completes.choice, completes.part, chunks());
      }
      default:
        return deltas.write(event, chunks());
    }
  };

  return {
    encode: (batch) => {
      for (let index = 0; index < batch.length;) {
        const event = batch[index];
        if (event === undefined) break;
        const intact = passesFrames ? intactFrame(batch, index, dialectId, "stream") : undefined;
        if (intact === undefined || !passes(intact.samples, request)) {
          out.write(encodeEvent(event));
          index++;
        } else {
          passFrame(intact);
          index += intact.events.length;
        }
      }
      return out.take();
    },
    end: () => {
      out.write(flushUsage());
      out.pass(done);
      return out.take();
    },
    fail: (error: GatewayError) => chunks().failure(deltas.open(), JSON.stringify(form.errorObject(error))),
  };
};
