import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Providers whose own dialects are recorded. */
export type RecordedProvider = "openai" | "anthropic" | "gemini";

/** One recorded answer of a provider, with the request it answers where that was recorded. */
export interface Recording {
  /** Folder below the fixtures. */
  readonly dir: string;
  readonly provider: RecordedProvider;
  readonly status: number;
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer's bytes. */
  readonly body: Buffer;
  readonly request?: Readonly<Record<string, unknown>>;
}

interface IndexEntry {
  readonly dir: string;
  readonly provider: string;
  readonly dialect: string;
  readonly status: number;
  readonly stream: boolean;
}

const root = fileURLToPath(new URL("../../../../../shared/fixtures/", import.meta.url));

/** Recordings lie beside the repository; without them only handwritten fixtures can be read. */
export const present: boolean = existsSync(`${root}index.json`);

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

const toRecording = ({ dir, status, stream }: IndexEntry, provider: RecordedProvider): Recording => {
  const path = `${root}${dir}/`;
  const file = existsSync(`${path}stream.sse`) ? "stream.sse" : "response.json";
  // The folder's own files: written by whoever recorded, in the form that its README states.
  const { headers } = readJson(`${path}meta.json`) as { readonly headers: Readonly<Record<string, string>> };
  const request = existsSync(`${path}request.json`)
    ? (readJson(`${path}request.json`) as Recording["request"])
    : undefined;
  return {
    dir,
    provider,
    status,
    isStream: stream,
    headers: { "content-type": file === "stream.sse" ? "text/event-stream" : "application/json", ...headers },
    body: readFileSync(path + file),
    ...(request === undefined ? {} : { request }),
  };
};

const index = present ? (readJson(`${root}index.json`) as readonly IndexEntry[]) : [];

const toRecordings = (name: string, provider: RecordedProvider, dialect: string): readonly Recording[] =>
  index
    .filter((entry) => entry.provider === name && entry.dialect === dialect)
    .map((entry) => toRecording(entry, provider));

/** All answers of the providers in their own dialects, recorded ones and constructed ones. */
export const recordings: Readonly<Record<RecordedProvider, readonly Recording[]>> = {
  // Beside its own: one stream with all the ways in which events may be framed.
  openai: [...toRecordings("openai", "openai", "openai-chat"), ...toRecordings("sse", "openai", "openai-chat")],
  anthropic: toRecordings("anthropic", "anthropic", "anthropic-messages"),
  gemini: toRecordings("gemini", "gemini", "gemini"),
};

/** The data of each frame of an event stream, in the plainest reading. */
export const dataOf = (stream: string): readonly string[] =>
  stream
    .replace(/^\uFEFF/, "")
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((frame) =>
      frame
        .split(/\r\n|\n|\r/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).replace(/^ /, ""))
        .join("\n"),
    )
    .filter((data) => data !== "");
