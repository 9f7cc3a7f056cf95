import { Socket } from "node:net";
import { onTestFinished, vi } from "vitest";

/** Lets nothing in this process connect to anywhere until the test is over; gives how often it was tried. */
export const refuseSockets = (): (() => number) => {
  // Every connection over TCP, encrypted or not, is made by this method.
  const connect = vi.spyOn(Socket.prototype, "connect").mockImplementation(() => {
    throw new Error("No sockets here.");
  });
  onTestFinished(() => connect.mockRestore());
  return () => connect.mock.calls.length;
};
