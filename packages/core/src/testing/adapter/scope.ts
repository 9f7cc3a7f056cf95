/** Where a test leaves what must happen when it is over, passed or failed; vitest's is `{ defer: onTestFinished }`. */
export interface Scope {
  readonly defer: (cleanUp: () => void | Promise<void>) => void;
}

/** Runs a test in a scope of its own, and what it deferred after it, the last first. */
export const inScope = async (run: (scope: Scope) => Promise<void>): Promise<void> => {
  const cleanUps: Parameters<Scope["defer"]>[0][] = [];
  try {
    await run({ defer: (cleanUp) => void cleanUps.push(cleanUp) });
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
};
