import type { FrameBytes } from "../../chat/event.ts";
import { FrameJoiner } from "../frame-joiner.ts";

/** An event with its name: Anthropic's clients pass over those without one. */
export const toFrame = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`;

export type BlockKind = "text" | "thinking" | "tool" | "opaque";

/** Where a block comes from. */
interface BlockOrigin {
  /** Its number in the provider's own stream, if that stream was in this dialect. */
  readonly source?: number | undefined;
  /** Ordinal of a tool call. */
  readonly call?: number | undefined;
}

/** A content block on its way to the client. */
export interface OutgoingBlock extends BlockOrigin {
  readonly kind: BlockKind;
  /** Its number in what the client gets; -1 while it waits. */
  index: number;
  /** Nothing more may be added to it. */
  isEnded: boolean;
  /** It is signed: only what the provider counts to the same block may follow. */
  isSealed: boolean;
  /** What comes before a delta's own JSON; built once. */
  head: string;
  /** JSON of its `content_block`. */
  readonly start: string;
  /** JSON of the deltas that came before it could be opened. */
  readonly waiting: string[];
}

/**
 * Writes content blocks one after the other, as the dialect wants them, whatever order their pieces come in. The client
 * sees one block growing. It ends when another begins, unless it is a tool call: pieces of several calls may come in
 * turn, so what begins meanwhile waits for the end of the first.
 */
export interface BlockWriter {
  /** The block that the client sees growing. */
  readonly open: () => OutgoingBlock | undefined;
  /** The block that began last. */
  readonly last: () => OutgoingBlock | undefined;
  readonly find: (matches: (block: OutgoingBlock) => boolean) => OutgoingBlock | undefined;
  /** Number of the block that will be opened next. */
  readonly nextIndex: () => number;
  readonly begin: (kind: BlockKind, start: string, origin: BlockOrigin) => OutgoingBlock;
  /** Adds the JSON of a delta. */
  readonly add: (block: OutgoingBlock, delta: string) => void;
  readonly end: (block: OutgoingBlock) => void;
  readonly endAll: () => void;
  /** Takes note of a block whose start was written as it came; its number is `source`. */
  readonly adopt: (kind: BlockKind, source: number, call: number | undefined) => void;
  /** Takes note that the end of the open block was written as it came. */
  readonly release: () => void;
  readonly write: (text: string) => void;
  /** Writes a frame as it came. */
  readonly pass: (bytes: FrameBytes) => void;
  /** What was written since it was last taken. */
  readonly take: () => string | Uint8Array;
}

export const createBlockWriter = (): BlockWriter => {
  // The first is open, the others wait.
  const queue: OutgoingBlock[] = [];
  let nextIndex = 0;
  const out = new FrameJoiner();

  const enqueue = (kind: BlockKind, start: string, origin: BlockOrigin): OutgoingBlock => {
    const { source, call } = origin;
    const block = { kind, source, call, index: -1, isEnded: false, isSealed: false, head: "", start, waiting: [] };
    queue.push(block);
    return block;
  };

  const number = (block: OutgoingBlock): void => {
    block.index = nextIndex++;
    block.head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${block.index},"delta":`;
  };

  const add = (block: OutgoingBlock, delta: string): void => {
    if (block.index === -1) block.waiting.push(delta);
    else out.write(`${block.head}${delta}}\n\n`);
  };

  const openFirst = (): void => {
    const [block] = queue;
    if (block === undefined || block.index !== -1) return;
    number(block);
    const data = `{"type":"content_block_start","index":${block.index},"content_block":${block.start}}`;
    out.write(toFrame("content_block_start", data));
    for (const delta of block.waiting.splice(0)) add(block, delta);
  };

  /** Closes what has ended at the front of the queue and opens what comes after it. */
  const advance = (): void => {
    openFirst();
    for (let first = queue[0]; first?.isEnded === true; first = queue[0]) {
      out.write(toFrame("content_block_stop", `{"type":"content_block_stop","index":${first.index}}`));
      queue.shift();
      openFirst();
    }
  };

  return {
    open: () => queue[0],
    last: () => queue.at(-1),
    find: (matches) => queue.find(matches),
    nextIndex: () => nextIndex,
    begin: (kind, start, origin) => {
      const last = queue.at(-1);
      if (last !== undefined && last.kind !== "tool") last.isEnded = true;
      const block = enqueue(kind, start, origin);
      advance();
      return block;
    },
    add,
    end: (block) => {
      block.isEnded = true;
      advance();
    },
    endAll: () => {
      for (const block of queue) block.isEnded = true;
      advance();
    },
    adopt: (kind, source, call) => {
      nextIndex = source;
      number(enqueue(kind, "", { source, call }));
    },
    release: () => {
      queue.shift();
      advance();
    },
    write: (text) => out.write(text),
    pass: (bytes) => out.pass(bytes),
    take: () => out.take(),
  };
};
