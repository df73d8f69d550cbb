// What a process keeps once all garbage is collected, in the heaps of its threads too: without that, heaps grow until
// their collector thinks it worth coming, by some 20 MiB each, whether anything is kept or not.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface KeptMemory {
  /** Of this thread's heap and of what it holds outside, exactly. */
  heap: number;
  /** Of the process: all threads' heaps, their WebAssembly, and what no heap knows. */
  process: number;
}

/** Call before threads start: their young generations stay small, so that they are soon full and collected. It holds for
 * the rest of the process. */
export function collectOften(): void {
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--max-semi-space-size=1');
}

/** Runs `work` so many `times`, every collection a whole one in each thread; enough times fill all young generations. */
export async function keptMemory(times: number, work: () => Promise<void>): Promise<KeptMemory> {
  const collect = runInNewContext('gc') as () => void;
  let least = Number.POSITIVE_INFINITY;
  const look = () => {
    least = Math.min(least, process.memoryUsage.rss());
  };
  setFlagsFromString('--gc-global');
  try {
    for (let i = 0; i < times; i++) {
      await work();
      look();
    }
  } finally {
    setFlagsFromString('--no-gc-global');
  }
  collect();
  look();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, process: least };
}
