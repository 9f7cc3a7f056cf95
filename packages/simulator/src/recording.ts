import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "./json.ts";
import type { Head } from "./wire/plan.ts";

/** A recorded HTTP answer. */
export interface Recording {
  readonly head: Head;
  readonly bytes: Uint8Array;
}

/** Body files, the more telling ones first, with the content type that goes with them. */
const bodyFiles: readonly (readonly [string, string])[] = [
  ["stream.sse", "text/event-stream; charset=utf-8"],
  ["stream.ndjson", "application/x-ndjson"],
  ["stream.eventstream", "application/vnd.amazon.eventstream"],
  ["response.json", "application/json"],
  ["response.jsonl", "application/x-ndjson"],
  ["response.txt", "text/plain; charset=utf-8"],
];

/** Headers that speak about the transfer of the time, not about the bytes in the file. */
const transferHeaders = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);

const readMeta = (folder: string): { readonly status: number; readonly headers: Readonly<Record<string, string>> } => {
  const meta: unknown = JSON.parse(readFileSync(join(folder, "meta.json"), "utf8"));
  const status = isRecord(meta) && typeof meta["status"] === "number" ? meta["status"] : 200;
  const given = isRecord(meta) && isRecord(meta["headers"]) ? meta["headers"] : {};
  const headers = Object.entries(given)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(
      (entry): entry is readonly [string, string] => typeof entry[1] === "string" && !transferHeaders.has(entry[0]),
    );
  return { status, headers: Object.fromEntries(headers) };
};

/**
 * Reads a folder that holds `meta.json` (`status`, `headers`) and the body of the answer.
 *
 * @throws Error when the folder or one of the two files is missing.
 */
export const readRecording = (folder: string): Recording => {
  const { status, headers } = readMeta(folder);
  const found = bodyFiles.find(([name]) => existsSync(join(folder, name)));
  if (found === undefined)
    throw new Error(`no recorded answer in ${folder}: there is none of ${bodyFiles.map(([name]) => name).join(", ")}`);
  const [name, contentType] = found;
  return {
    head: { status, headers: { "content-type": contentType, ...headers } },
    bytes: readFileSync(join(folder, name)),
  };
};
