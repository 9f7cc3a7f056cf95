/** A project that somebody might have: one of our packages, its framework, and a program that uses both. */
export interface Project {
  /** What it is called. @default the name of its package */
  readonly name?: string;
  /** Folder in `packages`. */
  readonly package: string;
  /** Folder in `examples` with the program. */
  readonly example?: string;
  /** The program, where there is no example. */
  readonly source?: string;
  /** Module that exports the program's `server`. @default "server" */
  readonly main?: string;
  /** What it needs beside peers of the package and dependencies of the example. */
  readonly needs?: readonly string[];
  /** The same with versions, where they are others than the workspace's. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Asks the program for `17 * 3`, whole and streamed. */
  readonly ask: (origin: string) => Promise<readonly [whole: string, streamed: string]>;
}

export const nameOf = (project: Project): string => project.name ?? project.package;
