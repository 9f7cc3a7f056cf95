import type { ReplyStart } from "../../chat/event.ts";
import type { EncodeOptions } from "../dialect.ts";
import { madeReplyId } from "./encode-reply.ts";

// What JSON.stringify does not write as it is. Surrogates only where they are alone, but joined, halves of two texts look
// like a pair.
const escaped = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

const quote = (text: string): string => JSON.stringify(text);

/**
 * Writes the chunks of one stream. What they share is built once.
 *
 * A class because there is one for each streamed answer: its closures would be made each time.
 */
export class ChunkWriter {
  readonly #open: string;
  readonly #choiceOpen: string;
  readonly #close: string;
  readonly #textClose: string;

  constructor(start: ReplyStart | undefined, { request, requestId, created }: EncodeOptions, announcesUsage: boolean) {
    const head = {
      id: start?.id ?? madeReplyId(requestId),
      object: "chat.completion.chunk",
      created: start?.created ?? created,
      model: start?.model ?? request.model,
      ...(start?.serviceTier === undefined ? {} : { service_tier: start.serviceTier }),
      ...(start?.systemFingerprint === undefined ? {} : { system_fingerprint: start.systemFingerprint }),
    };
    this.#open = `data: ${JSON.stringify(head).slice(0, -1)},"choices":[`;
    this.#choiceOpen = `${this.#open}{"index":`;
    // A client that asked for usage is told in every chunk but the last that it is still to come.
    this.#close = `]${announcesUsage ? ',"usage":null' : ""}}\n\n`;
    this.#textClose = `},"logprobs":null,"finish_reason":null}${this.#close}`;
  }

  /** A chunk with one delta, given as JSON. `more` are further members of the choice, each after a comma. */
  delta(choice: number, delta: string, finishReason?: string, more = ',"logprobs":null'): string {
    return `${this.#choiceOpen}${choice},"delta":${delta}${more},"finish_reason":${finishReason === undefined ? "null" : JSON.stringify(finishReason)}}${this.#close}`;
  }

  /** The delta of nearly all chunks: only the text is to be written. */
  text(choice: number, text: string): string {
    return this.#textOpen(choice) + JSON.stringify(text) + this.#textClose;
  }

  /** A chunk for each text of a row: joined in one go, and what lies between two of them is the same for all. */
  texts(choice: number, texts: readonly string[]): string {
    const open = this.#textOpen(choice);
    const close = this.#textClose;
    const between = close + open;
    return escaped.test(texts.join(""))
      ? open + texts.map(quote).join(between) + close
      : `${open}"${texts.join(`"${between}"`)}"${close}`;
  }

  /** A chunk without choices. */
  bare(member: string): string {
    return `${this.#open}],${member}}\n\n`;
  }

  /** The chunk that says that the answer broke. */
  failure(choices: readonly number[], error: string): string {
    const ended = choices.map((index) => `{"index":${index},"delta":{},"logprobs":null,"finish_reason":"error"}`);
    return `${this.#open}${ended.join()}],"error":${error}}\n\n`;
  }

  #textOpen(choice: number): string {
    return this.#choiceOpen + choice + ',"delta":{"content":';
  }
}
