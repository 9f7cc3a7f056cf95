import type { IncomingMessage, ServerResponse } from "node:http";
import type { ConnectionLog } from "./connections.ts";
import { planExchange, tooLargePlan, type Exchange, type Memory } from "./exchange.ts";
import type { Journal } from "./journal.ts";
import { createDice } from "./model/dice.ts";
import type { Signer } from "./model/signature.ts";
import type { Shelf } from "./providers/provider.ts";
import { findRoute } from "./providers/routes.ts";
import { deliver } from "./wire/deliver.ts";
import { jsonPlan } from "./wire/plan.ts";
import { readBody } from "./wire/read-body.ts";

/** What the handler of a simulator works with. */
export interface Workshop {
  readonly seed: string;
  readonly paceMs: number;
  readonly memory: Memory;
  readonly journal: Journal;
  readonly connections: ConnectionLog;
  readonly signerOf: (provider: string) => Signer;
  readonly shelfOf: (provider: string) => Shelf;
}

/** The body as the provider reads it, and as it is written down: where it is not JSON, its text. */
const parse = (bytes: Buffer): { readonly body: unknown; readonly written: unknown } => {
  if (bytes.length === 0) return { body: undefined, written: undefined };
  const text = bytes.toString("utf8");
  try {
    const body: unknown = JSON.parse(text);
    return { body, written: body };
  } catch {
    return { body: undefined, written: text };
  }
};

const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** Makes the listener that answers every request of a simulator. It never throws and never rejects. */
export const createHandler = (workshop: Workshop): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const { memory, journal, connections, seed, paceMs } = workshop;
  let received = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const connection = connections.numberOf(request.socket);
    const url = new URL(`http://simulator${request.url?.startsWith("/") === true ? request.url : "/"}`);
    const found = findRoute(request.method ?? "", decodePath(url.pathname));
    const read = await readBody(request);
    if (read.type === "aborted") return;
    const { body, written } = read.type === "read" ? parse(read.bytes) : { body: undefined, written: undefined };

    if (found === undefined) {
      journal.add({ provider: undefined, model: "", body: written, connection }, request, response);
      const message = `The simulator has no ${request.method ?? ""} ${url.pathname}`;
      return deliver(
        jsonPlan(404, {}, { error: { message, type: "not_found_error", param: null, code: null } }),
        response,
        0,
      );
    }
    const { provider, route } = found;
    const own = { signer: workshop.signerOf(provider.id), shelf: workshop.shelfOf(provider.id) };
    const call = { route, url, headers: request.headers, body, seed, ...own };
    const exchange: Exchange = { provider, call, memory, dice: createDice(`${seed}:request:${++received}`) };
    const breakOff = journal.add(
      { provider: provider.id, model: provider.model(call), body: written, connection },
      request,
      response,
    );
    const plan = read.type === "read" ? planExchange(exchange) : tooLargePlan(exchange);
    if (plan.ending === "close" || plan.ending === "reset") breakOff();
    return deliver(plan, response, paceMs);
  };

  return (request, response) => {
    // A client that hangs up makes either side emit errors; the journal records the fact.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(`The simulator failed: ${String(error)}\n`);
    });
  };
};
