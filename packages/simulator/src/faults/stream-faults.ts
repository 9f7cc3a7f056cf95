import { jsonPlan, output, type Piece, type PieceRole, type Plan } from "../wire/plan.ts";
import type { Fault, FaultScene } from "./fault.ts";
import { beforeOutput, interrupt, interruptEvent } from "./interrupt.ts";

const errorPiece = ({ provider, problemBody }: FaultScene, index: number): Piece =>
  output(provider.errorEvent(problemBody({ kind: "overloaded" }), index));

const withoutRoles = (plan: Plan, ...roles: readonly PieceRole[]): Plan => ({
  ...plan,
  pieces: plan.pieces.filter((piece) => !roles.includes(piece.role)),
});

const mostPings = 1_000;
const defaultPingMs = 1_000;

/** What goes wrong after a good start. A whole answer breaks off after half of its bytes in the same way. */
export const streamFaults: readonly Fault[] = [
  {
    name: "reset-mid-stream",
    shows: "the connection is reset after half of the output",
    plan: (scene) => interrupt(scene.answer(), "reset", scene.options.after),
  },
  {
    name: "close-mid-stream",
    shows: "the connection is closed after half of the output",
    plan: (scene) => interrupt(scene.answer(), "close", scene.options.after),
  },
  {
    name: "cut-mid-stream",
    shows: "a proper end of the body after half of the output, without the terminal marker",
    plan: (scene) => interrupt(scene.answer(), "end", scene.options.after),
  },
  {
    name: "cut-mid-event",
    shows: "a proper end of the body inside an event",
    plan: (scene) => interruptEvent(scene.answer(), "end", scene.options.after),
  },
  {
    name: "stall-mid-stream",
    shows: "silence after half of the output",
    plan: (scene) => interrupt(scene.answer(), "stall", scene.options.after),
  },
  {
    name: "error-mid-stream",
    shows: "the provider's own error inside the stream after half of the output; 200 with an error for a whole answer",
    plan: (scene) =>
      scene.streaming
        ? interrupt(scene.answer(), "end", scene.options.after, (passed) => [errorPiece(scene, passed)])
        : jsonPlan(200, {}, scene.problemBody({ kind: "overloaded" })),
  },
  {
    name: "error-before-output",
    shows: "the provider's own error in the stream before any output; 200 with an error for a whole answer",
    plan: (scene) => {
      if (!scene.streaming) return jsonPlan(200, {}, scene.problemBody({ kind: "overloaded" }));
      const plan = scene.answer();
      const before = beforeOutput(plan);
      return { ...plan, pieces: [...before, errorPiece(scene, before.length)] };
    },
  },
  {
    name: "no-terminal-marker",
    shows: "everything but the mark that ends the stream",
    plan: (scene) => withoutRoles(scene.answer(), "terminal"),
  },
  {
    name: "no-finish",
    shows: "the mark that ends the stream, but no finish reason",
    plan: (scene) => withoutRoles(scene.answer(), "finish"),
  },
  {
    name: "duplicate-finish",
    shows: "the finish reason comes twice",
    plan: (scene) => {
      const plan = scene.answer();
      return { ...plan, pieces: plan.pieces.flatMap((piece) => (piece.role === "finish" ? [piece, piece] : [piece])) };
    },
  },
  {
    name: "pings-only",
    shows: "200, then only comments, one each `ms` (1000)",
    plan: (scene) => ({
      ...scene.answer("stream"),
      pieces: Array.from({ length: mostPings }, (): Piece => ({
        role: "frame",
        data: scene.provider.keepAlive ?? ": ping\n\n",
      })),
      ending: "stall",
      paceMs: scene.options.ms ?? defaultPingMs,
    }),
  },
];
