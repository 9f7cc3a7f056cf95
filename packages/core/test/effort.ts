/** Milliseconds of work that something took: of the processor, as waiting for one depends on what else a machine does. */
export const effortOf = async (run: () => unknown): Promise<number> => {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};
