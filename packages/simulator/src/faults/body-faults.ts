import { gzipSync } from "node:zlib";
import { bodyOf, jsonPlan, output, withHeaders, type Plan } from "../wire/plan.ts";
import type { Fault } from "./fault.ts";

const html = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

const htmlPlan = (status: number): Plan => ({
  head: { status, headers: { "content-type": "text/html", "content-length": String(html.length) } },
  pieces: [output(html)],
  ending: "end",
});

/** The body replaced, its length declared anew. */
const withBody = (plan: Plan, bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): Plan => ({
  ...withHeaders(plan, { ...headers, "content-length": String(bytes.length) }),
  pieces: [output(bytes)],
});

let bomb: Uint8Array | undefined;

/** Packed once: that takes a quarter of a second. */
const packedBomb = (): Uint8Array => (bomb ??= gzipSync(Buffer.alloc(64 * 1024 * 1024, " ")));

/** Bodies that are not what they should be, with a status that says all is well (but for one). */
export const bodyFaults: readonly Fault[] = [
  { name: "html-502", shows: "502 and an HTML page, as proxies send it", plan: () => htmlPlan(502) },
  { name: "html-200", shows: "200 and an HTML page", plan: () => htmlPlan(200) },
  { name: "empty-body", shows: "200 and no body", plan: (scene) => withBody(scene.answer(), new Uint8Array()) },
  {
    name: "malformed-json",
    shows: "200 and JSON that is broken: the body of a whole answer, one event of a stream",
    plan: ({ provider, streaming, answer }) => {
      const plan = answer();
      if (!streaming) return withBody(plan, Buffer.from(bodyOf(plan).toString().slice(0, -2)));
      const first = plan.pieces.findIndex((piece) => piece.role === "output");
      const broken = output(provider.malformedEvent ?? 'data: {"broken": \n\n');
      return { ...plan, pieces: plan.pieces.flatMap((piece, index) => (index === first ? [piece, broken] : [piece])) };
    },
  },
  {
    name: "error-in-200",
    shows: "200 and an error of the provider as the body",
    plan: ({ problemBody }) => jsonPlan(200, {}, problemBody({ kind: "internal" })),
  },
  {
    name: "wrong-content-type",
    shows: "the right answer, declared as text/plain",
    plan: (scene) => withHeaders(scene.answer(), { "content-type": "text/plain" }),
  },
  {
    name: "truncated-length",
    shows: "the connection closes before the declared length is there",
    plan: (scene) => {
      const plan = scene.answer("whole");
      const body = bodyOf(plan);
      return { ...plan, pieces: [output(body.subarray(0, Math.ceil(body.length / 2)))], ending: "close" };
    },
  },
  {
    name: "unknown-encoding",
    shows: "a content encoding nobody knows",
    plan: (scene) => withHeaders(scene.answer(), { "content-encoding": "x-unknown" }),
  },
  {
    name: "corrupt-gzip",
    shows: "gzip whose bytes are damaged",
    plan: (scene) => {
      const packed = gzipSync(bodyOf(scene.answer("whole")));
      // Past the ten bytes of the header no decoder finds a block it knows.
      packed.fill(0xff, 10);
      return withBody(scene.answer("whole"), packed, { "content-encoding": "gzip" });
    },
  },
  {
    name: "gzip-bomb",
    shows: "a small gzip body that unpacks to 64 MiB",
    plan: (scene) => withBody(scene.answer("whole"), packedBomb(), { "content-encoding": "gzip" }),
  },
  {
    name: "json-instead-of-stream",
    shows: "a whole answer where a stream was asked for",
    plan: (scene) => scene.answer("whole"),
  },
  {
    name: "stream-instead-of-json",
    shows: "a stream where a whole answer was asked for",
    plan: (scene) => scene.answer("stream"),
  },
];
