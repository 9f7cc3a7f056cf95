import type { ChatEvent, EventBatch, Frame, FrameBytes, ReplyStart, TextDelta } from "../../chat/event.ts";
import { intactFrame } from "../../chat/frame.ts";
import type { GatewayError } from "../../errors.ts";
import type { Usage } from "../../chat/usage.ts";
import type { EncodeOptions, EventEncoder, Json } from "../dialect.ts";
import { FrameJoiner } from "../frame-joiner.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { DeltaWriter } from "./delta-writer.ts";
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
export const createEncoder = (options: EncodeOptions, form: ChatForm = openaiForm): EventEncoder =>
  new ChatEncoder(options, form);

const endMark: FrameBytes = { raw: "data: [DONE]\n\n" };

/** A class because there is one for each streamed answer: its closures would be made each time. */
class ChatEncoder implements EventEncoder {
  readonly #options: EncodeOptions;
  readonly #form: ChatForm;
  readonly #deltas: DeltaWriter;
  readonly #out = new FrameJoiner();
  #start: ReplyStart | undefined;
  #writer: ChunkWriter | undefined;
  #usage: Usage | undefined;
  #done = endMark;

  constructor(options: EncodeOptions, form: ChatForm) {
    this.#options = options;
    this.#form = form;
    this.#deltas = new DeltaWriter(options.request);
  }

  encode(batch: EventBatch): string | Uint8Array {
    for (let index = 0; index < batch.length;) {
      const event = batch[index];
      if (event === undefined) break;
      const frame = this.#passing(batch, index);
      if (frame === undefined) index += this.#write(event, batch, index);
      else {
        this.#pass(frame);
        index += frame.events.length;
      }
    }
    return this.#out.take();
  }

  end(): string | Uint8Array {
    this.#out.write(this.#flushUsage());
    this.#out.pass(this.#done);
    return this.#out.take();
  }

  fail(error: GatewayError): string {
    return this.#chunks().failure(this.#deltas.open(), JSON.stringify(this.#form.errorObject(error)));
  }

  get #wantsUsage(): boolean {
    return this.#options.request.includeUsage === true;
  }

  #chunks(): ChunkWriter {
    const announcesUsage = this.#wantsUsage && this.#form.announcesUsage;
    return (this.#writer ??= new ChunkWriter(this.#start, this.#options, announcesUsage));
  }

  /** The frame at `batch[index]` that may go to the client as it came. */
  #passing(batch: EventBatch, index: number): Frame | undefined {
    if (!this.#form.passesFrames) return undefined;
    const frame = intactFrame(batch, index, dialectId, "stream");
    return frame !== undefined && passes(frame.samples, this.#options.request) ? frame : undefined;
  }

  #pass(frame: Frame): void {
    const { samples } = frame;
    const [first] = samples;
    for (const event of samples) {
      if (event.type === "reply-start") this.#start ??= event;
      this.#deltas.passed(event);
    }
    if (samples.length === 1 && first !== undefined) {
      if (first.type === "usage" && !this.#wantsUsage) return;
      if (first.type === "opaque" && first.name === "done") {
        // Held until the end: whatever a stage still has to say, or whatever still fails, comes before it.
        this.#done = frame.bytes;
        return;
      }
    }
    // It says later than anything held back what there is to say.
    if (samples.some(({ type }) => type === "usage")) this.#usage = undefined;
    this.#out.pass(frame.bytes);
  }

  /** Writes an event, or the row of texts that begins with it, and says how many events these are. */
  #write(event: ChatEvent, batch: EventBatch, index: number): number {
    if (isPlainText(event)) {
      const { choice } = event;
      const texts = this.#row(event, batch, index);
      if (texts.length > 1) {
        this.#out.write(this.#deltas.texts(choice, texts, this.#chunks()));
        return texts.length;
      }
    }
    this.#out.write(this.#encode(event));
    return 1;
  }

  /** The texts that follow each other from `batch[index]` on and have to be written alike. */
  #row({ choice, text }: TextDelta, batch: EventBatch, index: number): readonly string[] {
    const texts = [text];
    for (let next = index + 1; next < batch.length; next++) {
      const event = batch[next];
      if (event === undefined || !isPlainText(event) || event.choice !== choice) break;
      if (this.#passing(batch, next) !== undefined) break;
      texts.push(event.text);
    }
    return texts;
  }

  #encode(event: ChatEvent): string {
    switch (event.type) {
      case "reply-start":
        this.#start ??= event;
        return this.#deltas.begin(0, this.#chunks());
      case "usage":
        this.#usage = event.usage;
        return "";
      case "opaque": {
        const { completes } = event;
        return completes === undefined ? "" : this.#deltas.opaque(completes.choice, completes.part, this.#chunks());
      }
      default:
        return this.#deltas.write(event, this.#chunks());
    }
  }

  /** Usage comes last, whenever the provider told it. */
  #flushUsage(): string {
    const usage = this.#usage;
    if (usage === undefined || !this.#wantsUsage) return "";
    const { includeCost } = this.#options.request;
    this.#usage = undefined;
    return this.#chunks().bare(`"usage":${JSON.stringify(writeUsage(usage, includeCost === true))}`);
  }
}

/** Text and nothing else. */
const isPlainText = (event: ChatEvent): event is TextDelta =>
  event.type === "text-delta" && event.text !== "" && event.logprobs === undefined && event.signature === undefined;
