import type { Outgoing } from "./exchange.ts";

/** Sends a whole answer in JSON; of an answer to HEAD only its headers. */
export const sendJson = (
  outgoing: Outgoing,
  method: string,
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void => {
  outgoing.start(status, {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  });
  outgoing.end(method === "HEAD" ? undefined : body);
};

/** Model names come from clients: nothing in them may end a header or start another. */
export const headerSafe = (value: string): string =>
  value.search(unsafe) === -1
    ? value
    : value.replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));

const unsafe = /[^\x20-\x7e]/;
