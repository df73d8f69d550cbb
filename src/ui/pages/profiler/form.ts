// What the person chose to measure, as a request of the profiler. Pure.
import type { CircuitEntry } from '../../../core/manifest.ts';
import type { ProfileRequest } from '../../../core/profiler/request.ts';

export interface Choice {
  /** Capacities of the circuits that are measured, full. */
  sizes: number[];
  provers: ProfileRequest['provers'];
  threads: number[];
  servers: string[];
  here: boolean;
  iterations: number;
  memory: boolean;
}

export const ITERATIONS = [3, 5, 10, 30] as const;

/** 1, 2, 4 … and all of them. */
export function threadSteps(most: number): number[] {
  const steps: number[] = [];
  for (let count = 1; count < most; count *= 2) steps.push(count);
  return [...steps, most];
}

/** Few and quick: the smallest two sizes, one thread against all. */
export function usualChoice(circuits: readonly CircuitEntry[], mostThreads: number): Choice {
  return {
    sizes: capacitiesOf(circuits).slice(0, 2),
    provers: ['engine'],
    threads: [...new Set([1, mostThreads])],
    servers: [],
    here: true,
    iterations: 3,
    memory: false,
  };
}

export function capacitiesOf(circuits: readonly CircuitEntry[]): number[] {
  return [...new Set(circuits.flatMap(({ capacity }) => capacity ?? []))].sort((a, b) => a - b);
}

export function requestOf({ sizes, provers, threads, iterations, memory }: Choice): ProfileRequest {
  return {
    circuitTypes: provers.map((prover) => (prover === 'engine' ? 'optimized' : 'default')),
    networkSizes: sizes,
    provers,
    threads,
    iterations,
    warmupIterations: 1,
    includeMemory: memory,
    includeCPU: false,
  };
}

/** What is missing, in words; null: it can be measured. */
export function missingIn({ sizes, provers, threads, here, servers }: Choice): string | null {
  if (sizes.length === 0) return 'Choose at least one size.';
  if (!here && servers.length === 0) return 'Choose this device or a server.';
  if (here && (provers.length === 0 || threads.length === 0))
    return 'Choose a prover and a number of threads.';
  return null;
}

export function toggled<T>(list: readonly T[], value: T, on: boolean): T[] {
  const without = list.filter((one) => one !== value);
  return on ? [...without, value].sort((a, b) => (a < b ? -1 : 1)) : without;
}
