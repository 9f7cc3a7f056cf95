/**
 * Test files share their processes, which saves most of what loading the same modules over and over would take. So none
 * may leave behind what another one could see: here each is asked, and the one that did it fails.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { afterAll, vi } from "vitest";

const signals = ["SIGINT", "SIGTERM", "uncaughtException", "unhandledRejection", "warning"];

const environment = { ...process.env };

/** Names only: what they hold may be secret. */
const changedVariables = (): readonly string[] =>
  Object.keys({ ...environment, ...process.env }).filter((name) => process.env[name] !== environment[name]);

/** What libraries put something else in the place of. */
const platform = ["Request", "Response", "Headers", "fetch", "AbortController", "ReadableStream", "WebSocket", "Date"];
const originals = platform.map((name): unknown => Reflect.get(globalThis, name));

const replacedGlobals = (): readonly string[] =>
  platform.filter((name, index) => Reflect.get(globalThis, name) !== originals[index]);

/** What of a process outlives a test file. */
const traces = (): object => ({
  changedVariables: changedVariables(),
  replacedGlobals: replacedGlobals(),
  directory: process.cwd(),
  listeners: Object.fromEntries(signals.map((name) => [name, process.listenerCount(name)])),
  servers: process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length,
  // Where OpenTelemetry's API keeps who is registered with it.
  telemetry: Object.keys(Reflect.get(globalThis, Symbol.for("opentelemetry.js.api.1")) ?? {}).filter(
    (name) => name !== "version",
  ),
  stackTraceLimit: Error.stackTraceLimit,
  fakeTimers: vi.isFakeTimers(),
});

const before = traces();

// Hooks run from the last to the first, so that this one comes after all of the test file's own.
afterAll(async () => {
  // A server that was closed is gone after this turn.
  await setImmediate();
  await setImmediate();
  assert.deepEqual({ "left by the test file": traces() }, { "left by the test file": before });
});
