import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { awsEvent } from "../aws-message.ts";
import { isStreamBody, linesOf } from "./framing.ts";

/** A JSON object that nobody has checked. */
export type Json = Readonly<Record<string, unknown>>;

/** One recorded answer of a provider, with the request it answers where that was recorded. */
export interface Recording {
  /** Folder below the fixtures. */
  readonly dir: string;
  /** Whose answer it is. */
  readonly provider: string;
  /** Wire format of the answer. */
  readonly dialect: string;
  /** Address that was asked, as the recorder wrote it. */
  readonly endpoint?: string;
  /** The model that was asked. */
  readonly model: string;
  readonly status: number;
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer's bytes. */
  readonly body: Buffer;
  readonly request?: RecordedRequest;
  /** What a request was translated to, as the provider accepted it. */
  readonly translated?: RecordedRequest;
}

/** A line of the index. Translations name the format a request was written in and the one it was translated to. */
interface IndexEntry {
  readonly dir: string;
  readonly provider?: string;
  readonly dialect?: string;
  readonly status?: number;
  readonly stream?: boolean;
  readonly model?: string | null;
  readonly source?: string;
  readonly target?: string;
  readonly accepted?: boolean;
}

const root = fileURLToPath(new URL("../../../../../shared/fixtures/", import.meta.url));

/** Recordings lie beside the repository; without them only handwritten fixtures can be read. */
export const present: boolean = existsSync(`${root}index.json`);

// The folders' own files: written by whoever recorded, in the form that their README states.
const readJson = (path: string): Json => JSON.parse(readFileSync(path, "utf8")) as Json;

const streamTypes: Readonly<Record<string, string>> = {
  "stream.sse": "text/event-stream",
  "stream.ndjson": "application/x-ndjson",
  "stream.eventstream": "application/vnd.amazon.eventstream",
};

/** The answer's bytes and what they are. */
const readBody = (path: string): readonly [type: string, body: Buffer] => {
  for (const [file, type] of Object.entries(streamTypes)) {
    if (existsSync(path + file)) return [type, readFileSync(path + file)];
  }
  for (const file of ["response.json", "response.txt"]) {
    if (existsSync(path + file)) return ["application/json", readFileSync(path + file)];
  }
  // Of one stream only its events were kept: they are put into frames again.
  const events = linesOf(readFileSync(`${path}stream.decoded.ndjson`, "utf8")).flatMap(Object.entries);
  return ["application/vnd.amazon.eventstream", Buffer.concat(events.map(([type, value]) => awsEvent(type, value)))];
};

/** A request that was recorded or translated, with what its address says. */
export interface RecordedRequest {
  readonly dialect: string;
  readonly model: string;
  readonly isStream: boolean;
  readonly bytes: Buffer;
  readonly body: Json;
}

const readRequest = (path: string, rest: Omit<RecordedRequest, "bytes" | "body">): RecordedRequest => {
  const bytes = readFileSync(path);
  return { ...rest, bytes, body: JSON.parse(bytes.toString()) as Json };
};

const anyModel = "some-model";

const toRecording = ({
  dir,
  provider = "",
  dialect = "",
  status = 0,
  stream = false,
  model,
}: IndexEntry): Recording => {
  const path = `${root}${dir}/`;
  const [type, body] = readBody(path);
  const { headers = {}, endpoint } = readJson(`${path}meta.json`) as Partial<Pick<Recording, "headers" | "endpoint">>;
  return {
    dir,
    provider,
    dialect,
    model: model ?? anyModel,
    status,
    isStream: stream,
    ...(endpoint === undefined ? {} : { endpoint }),
    // What some recorders call a stream is not how it was framed.
    headers: {
      ...headers,
      ...(isStreamBody(type) || headers["content-type"] === undefined ? { "content-type": type } : {}),
    },
    body,
    ...(existsSync(`${path}request.json`)
      ? { request: readRequest(`${path}request.json`, { dialect, model: model ?? anyModel, isStream: stream }) }
      : {}),
  };
};

/** A request that was translated, with what the provider of the other format answered. */
const toTranslation = ({ dir, source = "", target = "" }: IndexEntry): Recording => {
  const path = `${root}${dir}/`;
  const read = (name: string, dialect: string): RecordedRequest => {
    const { body, ...rest } = readRequest(`${path}${name}.request.json`, { dialect, model: anyModel, isStream: false });
    const { model, modelId = model } = body;
    return { ...rest, body, model: typeof modelId === "string" ? modelId : anyModel };
  };
  const translated = read("target", target);
  return {
    dir,
    provider: "translations",
    dialect: target,
    model: translated.model,
    status: 200,
    isStream: false,
    headers: { "content-type": "application/json" },
    body: readFileSync(`${path}target.response.json`),
    request: read("source", source),
    translated,
  };
};

const index = present ? (JSON.parse(readFileSync(`${root}index.json`, "utf8")) as readonly IndexEntry[]) : [];

/** Everything that was recorded or made by hand, whatever it is of; a translation that was refused has no answer. */
export const allRecordings: readonly Recording[] = index.flatMap((entry) => {
  if (entry.target === undefined) return [toRecording(entry)];
  return entry.accepted === true ? [toTranslation(entry)] : [];
});
