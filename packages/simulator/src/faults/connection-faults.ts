import { withHeaders, type Ending, type Plan } from "../wire/plan.ts";
import type { Fault } from "./fault.ts";

const silence = (ending: Ending): Plan => ({ head: null, pieces: [], ending });

const defaultWaitMs = 2_000;
const defaultPaceMs = 200;

/** What happens to the connection before there is an answer, and answers that are slow. */
export const connectionFaults: readonly Fault[] = [
  { name: "reset", shows: "the connection is reset before any header", plan: () => silence("reset") },
  { name: "close", shows: "the connection is closed before any header", plan: () => silence("close") },
  { name: "stall", shows: "no header ever comes", plan: () => silence("stall") },
  {
    name: "stall-in-headers",
    shows: "the headers stop in the middle of a line",
    plan: () => ({ head: null, pieces: [{ role: "frame", data: "HTTP/1.1 200 OK\r\ncontent-ty" }], ending: "stall" }),
  },
  {
    name: "oversize-headers",
    shows: "64 KiB of headers",
    plan: (scene) => withHeaders(scene.answer(), { "x-padding": "x".repeat(64 * 1024) }),
  },
  {
    name: "redirect",
    shows: "302 to another path of the same server",
    plan: () => ({
      head: { status: 302, headers: { location: "/elsewhere", "content-length": "0" } },
      pieces: [],
      ending: "end",
    }),
  },
  {
    name: "slow-headers",
    shows: "the answer begins after `ms` (2000)",
    plan: (scene) => ({ ...scene.answer(), waitMs: scene.options.ms ?? defaultWaitMs }),
  },
  {
    name: "slow-stream",
    shows: "`ms` (200) between the events of a stream",
    plan: (scene) => ({ ...scene.answer(), paceMs: scene.options.ms ?? defaultPaceMs }),
  },
];
