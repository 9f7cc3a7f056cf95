import { debuglog } from "node:util";
import type { Logger } from "./pipeline/context.ts";

const debug = debuglog("llm-gateway");

/** Debug lines only with `NODE_DEBUG=llm-gateway`; what an operator must know always. */
export const defaultLogger: Logger = {
  debugs: debug.enabled,
  debug: (message, details) => debug("%s %o", message, details ?? {}),
  info: (message, details) => debug("%s %o", message, details ?? {}),
  warn: (message, details) => console.warn(`llm-gateway: ${message}`, ...(details === undefined ? [] : [details])),
  error: (message, details) => console.error(`llm-gateway: ${message}`, ...(details === undefined ? [] : [details])),
};

/** The same logger, but what it throws or rejects with reaches nobody: a broken log must not break a request. */
export const guardLogger = (logger: Logger): Logger => {
  const guard =
    (level: "debug" | "info" | "warn" | "error"): Logger["debug"] =>
    (message, details) => {
      try {
        // An async function is a logger as well; its failure would come after this.
        const logged: unknown = logger[level](message, details);
        if (logged instanceof Promise) logged.catch(() => undefined);
      } catch {
        // There is no other place to tell it.
      }
    };
  return {
    debugs: logger.debugs !== false,
    debug: guard("debug"),
    info: guard("info"),
    warn: guard("warn"),
    error: guard("error"),
  };
};
