import type { ChatRequest } from "../../chat/request.ts";
import { dialectId } from "./identity.ts";
import { isThreadsBeta } from "./threads.ts";

/** The header by which features are switched on that are not everybody's yet. */
export const betaHeader = "anthropic-beta";

/** What the client has switched on, without threads, which are told to nobody. */
export const betasOf = (request: ChatRequest): readonly string[] => {
  const betas = headerOf(request)?.split(/ *, */) ?? [];
  return betas.filter((beta) => !isThreadsBeta(beta));
};

/** The header that says it: as the client wrote it, where all of it goes on. */
export const betaHeaders = (request: ChatRequest): Readonly<Record<string, string>> => {
  const betas = betasOf(request);
  if (betas.length === 0) return {};
  const header = headerOf(request) ?? "";
  return { [betaHeader]: header.split(",").length === betas.length ? header : betas.join(",") };
};

const headerOf = ({ dialect, featureHeaders }: ChatRequest): string | undefined =>
  dialect === dialectId ? featureHeaders?.[betaHeader] : undefined;
