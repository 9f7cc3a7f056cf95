import { fork } from "node:child_process";
import { once } from "node:events";

export interface ServerProcess {
  readonly url: string;
  /** CPU time the process has used, user and system, in microseconds. */
  readonly cpuMicros: () => Promise<number>;
  readonly stop: () => void;
}

/** Starts a server in a process of its own, so that its CPU time is its own. */
export const startProcess = async (script: string, args: readonly string[]): Promise<ServerProcess> => {
  const child = fork(new URL(script, import.meta.url), args, { execArgv: process.execArgv });
  const answer = async <T>(): Promise<T> => {
    const [message] = (await once(child, "message")) as [T];
    return message;
  };
  const { port } = await answer<{ port: number }>();
  return {
    url: `http://127.0.0.1:${port}`,
    cpuMicros: async () => {
      const reply = answer<{ cpuMicros: number }>();
      child.send("cpu");
      return (await reply).cpuMicros;
    },
    stop: () => child.kill(),
  };
};
