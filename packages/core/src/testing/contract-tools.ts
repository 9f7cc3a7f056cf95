/** The part of a test runner that contracts need; the functions of vitest, Jest and `node:test` fit. */
export interface ContractTools {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, test: () => Promise<void>) => unknown;
}
