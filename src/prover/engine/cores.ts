// How many threads can run at once here.

interface Platform {
  process?: { getBuiltinModule?(name: string): { availableParallelism?(): number } | undefined };
  navigator?: { hardwareConcurrency?: number };
}

/** Node 20 has no navigator. `getBuiltinModule` is there since 20.16, and no bundler for pages trips over it. */
export function logicalCores(): number {
  const { process, navigator } = globalThis as unknown as Platform;
  const told =
    process?.getBuiltinModule?.('node:os')?.availableParallelism?.() ?? navigator?.hardwareConcurrency;
  // Where nobody tells, most machines have two at least.
  return told ?? 2;
}
