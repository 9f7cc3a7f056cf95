/** How long something may take that would otherwise not happen at all; generous, as machines may be slow. */
export const patienceMs = 10_000;

/** The promise, if it settles in time; the time is real, because sockets are. */
export const within = async <T>(ms: number, what: string, promise: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Waited ${ms} ms for ${what}.`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

/** Resolves as soon as a condition holds; looked at after every turn of the event loop. */
export const until = (ms: number, what: string, condition: () => boolean): Promise<void> => {
  let over = false;
  const look = (resolve: () => void): void => {
    if (over || condition()) resolve();
    else setImmediate(look, resolve);
  };
  return within(ms, what, new Promise<void>(look)).finally(() => {
    over = true;
  });
};
