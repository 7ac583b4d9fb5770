/** The monotonic clock of the machine, which all its processes share. In milliseconds. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
