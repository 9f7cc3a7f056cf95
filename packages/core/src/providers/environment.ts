/** Environment variables: `process.env`, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set to nothing is not set: that is how shells and compose files unset one. */
export const readVariable = (environment: Environment, name: string): string | undefined => {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
};

/** The first of several variables that is set. */
export const readFirst = (environment: Environment, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = readVariable(environment, name);
    if (value !== undefined) return value;
  }
  return undefined;
};
