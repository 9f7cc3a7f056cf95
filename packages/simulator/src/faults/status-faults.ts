import type { Problem } from "../problem.ts";
import type { Fault } from "./fault.ts";
import { withHeaders } from "../wire/plan.ts";

/**
 * A fault that is an error answer of the provider, with the headers that the options ask for. One that is named after a
 * status has it, whatever is usual with this provider.
 */
const status = (name: string, problem: Problem, shows: string): Fault => ({
  name,
  shows,
  plan: ({ options, ...scene }) => {
    const { retryAfter, retryAfterMs, shouldRetry } = options;
    const named = /^\d+$/u.test(name) ? { status: Number(name) } : {};
    const plan = scene.problem({ ...problem, ...named, ...(retryAfter === undefined ? {} : { retryAfter }) });
    return withHeaders(plan, {
      ...(retryAfterMs === undefined ? {} : { "retry-after-ms": retryAfterMs }),
      ...(shouldRetry === undefined ? {} : { "x-should-retry": shouldRetry }),
    });
  },
});

/** Errors that come with a status of their own, in the provider's own body. */
export const statusFaults: readonly Fault[] = [
  status("400", { kind: "invalid-request" }, "400, the request is wrong"),
  status("401", { kind: "authentication" }, "401, the API key is wrong"),
  status("402", { kind: "billing" }, "402, the account is out of money"),
  status("403", { kind: "permission" }, "403, the key may not use the model"),
  status("404", { kind: "not-found" }, "404, there is no such model"),
  status("408", { kind: "timeout" }, "408, the provider waited too long"),
  status("409", { kind: "conflict" }, "409, another request was in the way"),
  status("413", { kind: "too-large" }, "413, the request is too large"),
  status("422", { kind: "invalid-request" }, "422, the request cannot be processed"),
  status("429", { kind: "rate-limit" }, "429, too many requests; no wait is named unless an option does"),
  status("500", { kind: "internal" }, "500, the provider failed"),
  status("502", { kind: "internal" }, "502, with the provider's own error body"),
  status("503", { kind: "overloaded" }, "503, the provider is overloaded"),
  status("504", { kind: "timeout" }, "504, the provider took too long"),
  status("529", { kind: "overloaded" }, "529, the provider is overloaded"),
  status("bad-key", { kind: "authentication" }, "a wrong API key, with the status this provider has for it"),
  status("context-length", { kind: "context-length" }, "the prompt is longer than the model's window"),
  status("quota", { kind: "quota" }, "the quota or the credit is used up"),
  status("slow-down", { kind: "slow-down" }, "the rate of requests rose too fast"),
];
