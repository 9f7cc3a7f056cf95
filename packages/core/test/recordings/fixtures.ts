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
  /** The model that was asked. */
  readonly model: string;
  readonly status: number;
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer's bytes. */
  readonly body: Buffer;
  readonly request?: { readonly dialect: string; readonly body: Json };
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

const readRequest = (path: string, dialect: string): Pick<Recording, "request"> =>
  existsSync(path) ? { request: { dialect, body: readJson(path) } } : {};

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
  const headers = readJson(`${path}meta.json`)["headers"] as Recording["headers"];
  return {
    dir,
    provider,
    dialect,
    model: model ?? anyModel,
    status,
    isStream: stream,
    // What some recorders call a stream is not how it was framed.
    headers: {
      ...headers,
      ...(isStreamBody(type) || headers["content-type"] === undefined ? { "content-type": type } : {}),
    },
    body,
    ...readRequest(`${path}request.json`, dialect),
  };
};

const modelIn = ({ model, modelId = model }: Json): string => (typeof modelId === "string" ? modelId : anyModel);

/** A request that was translated, with what the provider of the other format answered. */
const toTranslation = ({ dir, source = "", target = "" }: IndexEntry): Recording => ({
  dir,
  provider: "translations",
  dialect: target,
  model: modelIn(readJson(`${root}${dir}/target.request.json`)),
  status: 200,
  isStream: false,
  headers: { "content-type": "application/json" },
  body: readFileSync(`${root}${dir}/target.response.json`),
  ...readRequest(`${root}${dir}/source.request.json`, source),
});

const index = present ? (JSON.parse(readFileSync(`${root}index.json`, "utf8")) as readonly IndexEntry[]) : [];

/** Everything that was recorded or made by hand, whatever it is of; a translation that was refused has no answer. */
export const allRecordings: readonly Recording[] = index.flatMap((entry) => {
  if (entry.target === undefined) return [toRecording(entry)];
  return entry.accepted === true ? [toTranslation(entry)] : [];
});
