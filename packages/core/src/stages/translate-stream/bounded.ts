import { createContext, Script } from "node:vm";
import { isObject } from "../../dialects/fields.ts";

const script = new Script("run()");

/** What the script sees. Made once, as it costs more than anything else here; what runs in it never gives way. */
let scope: { run: () => void } | undefined;

/** How often work is begun that did not get its share of the processor. */
const attempts = 10;

/** Time of the processor; of this thread alone, where that can be told. */
const cpuUsage = (before?: NodeJS.CpuUsage): NodeJS.CpuUsage =>
  Object.hasOwn(process, "threadCpuUsage") ? process.threadCpuUsage(before) : process.cpuUsage(before);

/**
 * Runs something that may take very long, such as a pattern a client wrote, and stops it when its time is over: unlike
 * a timer this also ends work that never gives the thread back. Work that was stopped while the machine was busy with
 * others is begun again, so it must bear that.
 *
 * @throws what it throws, or an error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT`.
 */
export const bounded = <T>(timeoutMs: number, run: () => T): T => {
  let result: { readonly value: T } | undefined;
  scope ??= createContext({ run }) as { run: () => void };
  scope.run = () => {
    result = { value: run() };
  };
  for (let attempt = 1; ; attempt++) {
    const start = cpuUsage();
    try {
      script.runInContext(scope, { timeout: timeoutMs });
      break;
    } catch (error) {
      // A time limit is one of the clock, which also runs while others have the processor.
      const { user, system } = cpuUsage(start);
      if (!isTimeout(error) || attempt === attempts || user + system > (timeoutMs * 1_000) / 2) throw error;
    }
  }
  if (result === undefined) throw new Error("Nothing was run.");
  return result.value;
};

// It is an error of the script's own realm, and no instance of this one's.
const isTimeout = (error: unknown): boolean => isObject(error) && error["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT";
