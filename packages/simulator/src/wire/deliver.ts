import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { Ending, Plan } from "./plan.ts";

/** Resolves when the client is gone or the answer is complete; never rejects. */
const closeOf = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once("close", resolve);
  });

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });

/** Two turns of the event loop: whatever was written has left, and a client in this process has had time to read it. */
const nextRead = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });

const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    stream.once("drain", resolve);
  });

const finish = async (response: ServerResponse, ending: Ending): Promise<void> => {
  if (ending === "stall") return;
  if (ending === "end") {
    response.end();
    return;
  }
  // What was written must reach the client before the connection breaks.
  await nextRead();
  if (ending === "reset") response.socket?.resetAndDestroy();
  else response.socket?.destroy();
};

const writePieces = async (
  plan: Plan,
  response: ServerResponse,
  closed: Promise<void>,
  paceMs: number,
): Promise<void> => {
  const target: Writable | null = plan.head === null ? response.socket : response;
  for (const [index, piece] of plan.pieces.entries()) {
    if (index > 0 && paceMs > 0) await Promise.race([pause(paceMs), closed]);
    else if (index > 0 && plan.separateWrites === true) await nextRead();
    if (target === null || target.destroyed || response.closed) return;
    if (!target.write(piece.data)) await Promise.race([drained(target), closed]);
  }
};

/**
 * Carries a plan out. Resolves when everything the plan says has been done, or as soon as the client is gone; a plan that
 * stalls is done once its last piece is written.
 */
export const deliver = async (plan: Plan, response: ServerResponse, defaultPaceMs: number): Promise<void> => {
  const closed = closeOf(response);
  if (plan.waitMs !== undefined) await Promise.race([pause(plan.waitMs), closed]);
  if (response.closed || response.destroyed) return;
  if (plan.head !== null) {
    response.writeHead(plan.head.status, { ...plan.head.headers });
    response.flushHeaders();
  }
  await writePieces(plan, response, closed, plan.paceMs ?? defaultPaceMs);
  if (!response.closed) await finish(response, plan.ending);
};
