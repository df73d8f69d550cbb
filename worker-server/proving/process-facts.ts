// What the system tells of a process: processor time and memory (proc(5)). Linux only; elsewhere nothing is told.
import { readFile } from 'node:fs/promises';

/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** Whether there is anything to be told. */
export const processFactsTold = process.platform === 'linux';

/** User and system time of a process and its threads; null when it is gone or the platform does not tell. */
export async function processorMs(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  if (stat === null) return null;
  // The name in parentheses may hold anything; fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TICK_MS * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
}

/** The most that a process has held since it began; null as above. */
export async function peakResidentBytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : 1024 * Number(kilobytes);
}
