import type { Server } from "node:http";
import type { Socket } from "node:net";

/** How many connections clients hold and have held. */
export interface Connections {
  /** Sockets that are open now, idle ones included. */
  readonly open: number;
  /** Sockets that were ever accepted. */
  readonly total: number;
}

/** The connections of a server, and the number of each. */
export interface ConnectionLog {
  readonly counts: Connections;
  /** The number of a connection, counted from 1. */
  readonly numberOf: (socket: Socket) => number;
}

/** Counts the connections of a server from now on. */
export const logConnections = (server: Server): ConnectionLog => {
  const numbers = new WeakMap<Socket, number>();
  let open = 0;
  let total = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    total++;
    numbers.set(socket, total);
    socket.once("close", () => {
      open--;
    });
  });
  return {
    counts: {
      get open() {
        return open;
      },
      get total() {
        return total;
      },
    },
    numberOf: (socket) => numbers.get(socket) ?? 0,
  };
};
