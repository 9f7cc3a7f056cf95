/** Status line and headers of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What a piece of an answer is for, so that faults know where to strike: what opens, closes and keeps alive; the output
 * itself; the reason it ended; the mark that ends the stream.
 */
export type PieceRole = "frame" | "output" | "finish" | "terminal";

/** One write: an event of a stream, or a stretch of a body. */
export interface Piece {
  readonly role: PieceRole;
  readonly data: string | Uint8Array;
}

/**
 * How the exchange ends: properly; with the connection closed or reset under the client; or not at all, until the client
 * gives up.
 */
export type Ending = "end" | "close" | "reset" | "stall";

/** Everything that will happen on the wire for one request. */
export interface Plan {
  /** Null: no HTTP at all, the pieces go to the bare connection. */
  readonly head: Head | null;
  readonly pieces: readonly Piece[];
  readonly ending: Ending;
  /** Silence before the first byte, in milliseconds. */
  readonly waitMs?: number;
  /** Pause between pieces in milliseconds, instead of the simulator's own. */
  readonly paceMs?: number;
  /** Each piece gets a network write of its own, also without a pause. */
  readonly separateWrites?: boolean;
}

/** A piece of output. */
export const output = (data: string | Uint8Array): Piece => ({ role: "output", data });

/** A whole JSON answer, with its length declared. */
export const jsonPlan = (status: number, headers: Head["headers"], body: unknown): Plan => {
  const data = Buffer.from(JSON.stringify(body));
  return {
    head: {
      status,
      headers: { "content-type": "application/json", ...headers, "content-length": String(data.length) },
    },
    pieces: [output(data)],
    ending: "end",
  };
};

/** An answer that is sent piece by piece. */
export const streamPlan = (headers: Head["headers"], pieces: readonly Piece[]): Plan => ({
  head: {
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...headers },
  },
  pieces,
  ending: "end",
});

/** The same plan with other headers; an undefined value removes a header. */
export const withHeaders = (plan: Plan, changes: Readonly<Record<string, string | undefined>>): Plan => {
  if (plan.head === null) return plan;
  const merged = Object.entries({ ...plan.head.headers, ...changes });
  const headers = Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { ...plan, head: { ...plan.head, headers } };
};

/** All bytes of the plan's body. */
export const bodyOf = (plan: Plan): Buffer => Buffer.concat(plan.pieces.map((piece) => Buffer.from(piece.data)));
