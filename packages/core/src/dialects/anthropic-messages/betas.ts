import type { ChatRequest } from "../../chat/request.ts";
import type { Quirks } from "../quirks.ts";
import { dialectId } from "./identity.ts";

/** The header by which features are switched on that are not everybody's yet. */
export const betaHeader = "anthropic-beta";

const threadsPrefix = "message-threads-";

/** What the client has switched on, without what a server that holds no conversations would not know. */
export const betasOf = (request: ChatRequest, { threads }: Quirks): readonly string[] => {
  const betas = headerOf(request)?.split(/ *, */) ?? [];
  return betas.filter((beta) => threads === true || !beta.startsWith(threadsPrefix));
};

/** The header that says it: as the client wrote it, where all of it goes on. */
export const betaHeaders = (request: ChatRequest, quirks: Quirks): Readonly<Record<string, string>> => {
  const betas = betasOf(request, quirks);
  if (betas.length === 0) return {};
  const header = headerOf(request) ?? "";
  return { [betaHeader]: header.split(",").length === betas.length ? header : betas.join(",") };
};

const headerOf = ({ dialect, featureHeaders }: ChatRequest): string | undefined =>
  dialect === dialectId ? featureHeaders?.[betaHeader] : undefined;
