import { describe, expect, test } from "vitest";
import { rememberSource } from "../../../src/chat/request.ts";
import { allRecordings, present, type Json, type RecordedRequest } from "../fixtures.ts";
import { requestExceptions } from "./exceptions.ts";
import { faces, type Face } from "./faces.ts";
import { differences } from "./json.ts";

type Named = readonly [name: string, request: RecordedRequest, face: Face];

const withFace = (name: string, request: RecordedRequest | undefined): readonly Named[] => {
  const face = request === undefined ? undefined : faces[request.dialect];
  return request === undefined || face === undefined ? [] : [[name, request, face]];
};

const requests = allRecordings.flatMap(({ dir, request, translated }) => [
  ...withFace(dir, request),
  ...withFace(`> ${dir}`, translated),
]);
const accepted = requests.filter(([name]) => requestExceptions[name]?.refused === undefined);
const untouched = requests.filter(([name]) => requestExceptions[name] === undefined);
const refused = requests.filter(([name]) => requestExceptions[name]?.refused !== undefined);

/** As its front gets it: some hosts name the model elsewhere. */
const asked = ({ body, model, dialect }: RecordedRequest): Json => (dialect === "gemini" ? body : { model, ...body });

const decode = ({ model, isStream: stream, ...rest }: RecordedRequest, { dialect }: Face) =>
  dialect.decodeRequest(asked({ ...rest, model, isStream: stream }), { model, stream });

const targetOf = (request: RecordedRequest, { quirksFor }: Face) => ({
  provider: "acme",
  model: String(request.dialect === "gemini" ? request.model : (request.body["model"] ?? request.model)),
  quirks: quirksFor(request.body),
});

describe.skipIf(!present)("recorded requests (skipped where the recordings are absent)", () => {
  test("are there, and all that exceptions are made for", () => {
    expect(requests.length).toBeGreaterThan(600);
    const names = new Set(requests.map(([name]) => name));
    expect(Object.keys(requestExceptions).filter((name) => !names.has(name))).toEqual([]);
  });

  test.each(accepted)("lose nothing when they are written anew: %s", (name, request, face) => {
    const { body, dropped } = face.dialect.encodeRequest(decode(request, face), targetOf(request, face));
    const written = face.plain(JSON.parse(String(body)) as Json);
    expect({ dropped, differs: differences(face.plain(asked(request)), written) }).toEqual({
      dropped: [],
      differs: requestExceptions[name]?.differs ?? [],
    });
  });

  test.each(untouched)("go on as they came where nobody changed them: %s", (_, request, face) => {
    const body = asked(request);
    const isWhole = body["model"] === request.body["model"];
    const bytes = isWhole ? request.bytes : Buffer.from(JSON.stringify(body));
    const decoded = decode(request, face);
    rememberSource(decoded, { dialect: request.dialect, bytes, body });
    const { body: sent, dropped } = face.dialect.encodeRequest(decoded, targetOf(request, face));
    const expected = face.sentOn?.(body) ?? body;
    expect(JSON.parse(Buffer.from(sent).toString())).toEqual(expected);
    expect(dropped).toEqual([]);
    // Where nothing is to be changed, not a byte is.
    const isSame = differences(expected, body).length === 0;
    expect(isSame && !Buffer.from(sent).equals(bytes)).toBe(false);
  });

  test.each(refused)("are refused for a reason: %s", (name, request, face) => {
    const code = requestExceptions[name]?.refused;
    expect(() => decode(request, face)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
