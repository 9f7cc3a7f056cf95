import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Lets go of everything that nobody holds. */
export const collectGarbage = async (): Promise<void> => {
  setFlagsFromString("--expose-gc");
  // With the flag set, new contexts have the function.
  const gc = runInNewContext("gc") as () => void;
  // Weak references hold their targets until the turn in which they were looked at is over.
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => void setImmediate(resolve));
    gc();
  }
};
