import type { ChatRequest } from "../../chat/request.ts";
import type { Quirks } from "../quirks.ts";
import { dialectId } from "./identity.ts";

/** The header by which features are switched on that are not everybody's yet. */
export const betaHeader = "anthropic-beta";

const isOfThreads = (beta: string): boolean => beta.startsWith("message-threads-");

/** The header as the client wrote it, without what a server that holds no conversations would not know. */
export const betaHeaders = (
  { dialect, featureHeaders }: ChatRequest,
  { threads }: Quirks,
): Readonly<Record<string, string>> => {
  const betas = dialect === dialectId ? featureHeaders?.[betaHeader] : undefined;
  if (betas === undefined) return {};
  if (threads === true) return { [betaHeader]: betas };
  const known = betas.split(/ *, */).filter((beta) => !isOfThreads(beta));
  return known.length === 0 ? {} : { [betaHeader]: known.join(",") };
};
