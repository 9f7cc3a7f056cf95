import type { Scope } from "./scope.ts";

/** Collects, from now to the end of the test, what would have crashed the host's process, and its warnings. */
export const watchCrashes = ({ defer }: Scope): readonly string[] => {
  const crashes: string[] = [];
  const note = (error: unknown): void => void crashes.push(String(error));
  const events = ["unhandledRejection", "uncaughtException", "warning"];
  for (const event of events) process.on(event, note);
  defer(() => {
    for (const event of events) process.off(event, note);
  });
  return crashes;
};
