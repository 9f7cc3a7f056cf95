import type { Scope } from "./scope.ts";

/** Sets variables of the environment for one test. */
export const setEnvironment = ({ defer }: Scope, variables: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    defer(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
};
