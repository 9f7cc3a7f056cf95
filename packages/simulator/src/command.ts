#!/usr/bin/env node
import { parseArgs } from "node:util";
import { faultTable } from "./faults/fault-table.ts";
import { providers } from "./providers/routes.ts";
import { startSimulator } from "./simulator.ts";

const usage = `Usage: llm-gateway-simulator [--port 9100] [--pace 15] [--help]

LLM provider servers on 127.0.0.1: deterministic answers and named faults.

  --port   port to listen on; 0 takes a free one (9100)
  --pace   milliseconds between the events of a stream (15)
  --help   this text and the list of faults
`;

const listFaults = (): string => {
  const width = Math.max(...faultTable.map((fault) => fault.name.length));
  const rows = faultTable.map((fault) => `  ${fault.name.padEnd(width)}  ${fault.shows}`);
  return `Faults, as a model name (fault:503) or a header (x-simulator-fault: 503):\n\n${rows.join("\n")}\n`;
};

/** Wrong flags end with 2, anything else, such as a port that is taken, with 1. */
const fail = (error: unknown): void => {
  const isUsage = error instanceof TypeError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`llm-gateway-simulator: ${message}\n${isUsage ? "Try --help.\n" : ""}`);
  process.exitCode = isUsage ? 2 : 1;
};

const wholeNumber = (text: string, flag: string, most: number): number => {
  const number = Number(text);
  if (!/^\d+$/u.test(text) || number > most)
    throw new TypeError(`${flag} must be a whole number from 0 to ${most}, got "${text}"`);
  return number;
};

const readFlags = (): { readonly port: number; readonly paceMs: number; readonly help: boolean } => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "9100" },
      pace: { type: "string", default: "15" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    port: wholeNumber(values.port, "--port", 65_535),
    paceMs: wholeNumber(values.pace, "--pace", 60_000),
    help: values.help,
  };
};

const describe = (url: string): string => {
  const bases = providers.map(({ label, basePath }) => `  ${label.padEnd(14)} ${url}${basePath}`);
  const variables = providers.map(({ environment, basePath }) =>
    Object.entries(environment(url + basePath)).reduce((line, [name, value]) => `${line} ${name}=${value}`, "  export"),
  );
  return `Simulator on ${url}

${bases.join("\n")}

Point a gateway at it:

${variables.join("\n")}

Ctrl-C ends it.
`;
};

const run = async (): Promise<void> => {
  const { port, paceMs, help } = readFlags();
  if (help) {
    process.stdout.write(`${usage}\n${listFaults()}`);
    return;
  }
  const simulator = await startSimulator({ port, paceMs });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void simulator.close());
  process.stdout.write(describe(simulator.url));
};

run().catch(fail);
