import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Project } from "./project.ts";

/** Says where the program listens. An import loads either kind of module. */
const start = (main: string): string => `
  const program = await import("./${main}.js");
  const server = await program.server;
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  process.send(server.address().port);
`;

/**
 * Runs a compiled program, asks it, and ends it.
 *
 * @throws Error where it does not start, or does not say what it should.
 */
export const ask = async (project: Project, place: string): Promise<void> => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", start(project.main ?? "server")], {
    cwd: place,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // Whatever hangs, this check ends.
    timeout: 60_000,
  });
  try {
    const exit = once(child, "exit").then(() => {
      throw new Error("The program ended before it listened.");
    });
    const [port] = (await Promise.race([once(child, "message"), exit])) as [number];
    for (const answer of await project.ask(`http://127.0.0.1:${port}`)) {
      if (answer !== "17 * 3 = 51.") throw new Error(`The program answered ${JSON.stringify(answer)}.`);
    }
  } finally {
    child.kill();
  }
};
