export { startSimulator } from "./simulator.ts";
export type { Simulator, SimulatorOptions } from "./simulator.ts";
export type { ByteDelivery, Script, ScriptedBody, ScriptedReply, ScriptedToolCall, ScriptScope } from "./script.ts";
export type { ReceivedRequest } from "./journal.ts";
export type { Connections } from "./connections.ts";
export type { ProviderId } from "./providers/provider.ts";
