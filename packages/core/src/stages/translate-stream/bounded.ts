import { createContext, Script } from "node:vm";

const script = new Script("run()");

/** What the script sees. Made once, as it costs more than anything else here; what runs in it never gives way. */
let scope: { run: () => void } | undefined;

/**
 * Runs something that may take very long, such as a pattern a client wrote, and stops it when its time is over: unlike
 * a timer this also ends work that never gives the thread back.
 *
 * @throws what it throws, or an error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT`.
 */
export const bounded = <T>(timeoutMs: number, run: () => T): T => {
  let result: { readonly value: T } | undefined;
  scope ??= createContext({ run }) as { run: () => void };
  scope.run = () => {
    result = { value: run() };
  };
  script.runInContext(scope, { timeout: timeoutMs });
  if (result === undefined) throw new Error("Nothing was run.");
  return result.value;
};
