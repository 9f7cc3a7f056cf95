import { bodyFaults } from "./body-faults.ts";
import { connectionFaults } from "./connection-faults.ts";
import type { Fault } from "./fault.ts";
import { readFaultName, type FaultName } from "./fault-name.ts";
import { statusFaults } from "./status-faults.ts";
import { streamFaults } from "./stream-faults.ts";

const contentFaults: readonly Fault[] = [
  {
    name: "content-filter",
    shows: "the prompt is refused by the provider's policy, the way this provider says so",
    plan: (scene) =>
      scene.provider.blocksWithError ? scene.problem({ kind: "content-filter" }) : scene.filtered("before"),
  },
  {
    name: "content-filter-output",
    shows: "the answer is ended by the provider's policy half way",
    plan: (scene) => scene.filtered("half-way"),
  },
];

/** Every fault there is, one row each. */
export const faultTable: readonly Fault[] = [
  ...statusFaults,
  ...contentFaults,
  ...connectionFaults,
  ...bodyFaults,
  ...streamFaults,
];

const byName: ReadonlyMap<string, Fault> = new Map(faultTable.map((fault) => [fault.name, fault]));

/** A row of the table with the options it was asked for with. */
export interface RequestedFault extends FaultName {
  readonly fault: Fault;
}

/**
 * Finds the fault that a text such as `429?retry-after=2` names.
 *
 * @throws TypeError when there is no such fault; the message lists those there are.
 */
export const findFault = (text: string): RequestedFault => {
  const name = readFaultName(text);
  const fault = byName.get(name.name);
  if (fault === undefined) {
    throw new TypeError(`there is no fault named "${name.name}"; there are ${[...byName.keys()].join(", ")}`);
  }
  return { ...name, fault };
};
