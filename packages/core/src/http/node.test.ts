import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { NodeOutgoing } from "./node.ts";

let server: Server;
let outgoing: Promise<NodeOutgoing>;
beforeEach(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  outgoing = once(server, "request").then(([, response]) => new NodeOutgoing(response));
});
afterEach(() => {
  server.close().closeAllConnections();
});

/** Asks, and has the answer begun. */
const begin = async (): Promise<{ readonly out: NodeOutgoing; readonly answer: IncomingMessage }> => {
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  const answered = once(get({ port, host: "127.0.0.1", agent: false }), "response");
  const out = await outgoing;
  out.start(200, { "content-type": "text/plain" });
  out.write("first ");
  const [answer] = await answered;
  return { out, answer };
};

test("the last words of an answer that breaks are read before the connection is gone", async () => {
  const { out, answer } = await begin();
  const broken = once(answer, "aborted");
  let heard = "";
  let isGone = false;
  answer.on("error", () => {
    isGone = true;
  });
  const over = out.breakOff("last");
  while (!heard.endsWith("last")) {
    const [data] = await once(answer, "data");
    heard += String(data);
  }
  expect(heard).toBe("first last");
  expect(isGone).toBe(false);
  // Whatever the host does now, it does not look complete.
  await Promise.all([over, broken]);
  expect(answer.complete).toBe(false);
});

/** Nothing is waited for. */
const stopTime = (): void => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
};

test("an answer that was left to its host while it broke is gone at once", async () => {
  const { out, answer } = await begin();
  stopTime();
  answer.on("error", () => {}).resume();
  const broken = once(answer, "aborted");
  const over = out.breakOff("last");
  out.abandon();
  await Promise.all([over, broken]);
  expect(answer.complete).toBe(false);
});

test("a client that has had enough is not waited for", async () => {
  const { out, answer } = await begin();
  stopTime();
  const over = out.breakOff("last");
  answer.on("error", () => {}).destroy();
  await over;
  expect(vi.getTimerCount()).toBe(0);
});
