// How many threads the library and the engine start unless told.
import os from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { logicalCores } from '../../../src/prover/engine/cores.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('is what the system tells Node', () => {
  vi.spyOn(os, 'availableParallelism').mockReturnValue(7);
  vi.stubGlobal('navigator', undefined);
  expect(logicalCores()).toBe(7);
});

it('is what the browser tells a page, also with a process of a bundler', () => {
  for (const process of [undefined, {}, { versions: {} }]) {
    vi.stubGlobal('process', process);
    vi.stubGlobal('navigator', { hardwareConcurrency: 5 });
    expect(logicalCores()).toBe(5);
    vi.stubGlobal('navigator', undefined);
    expect(logicalCores()).toBe(2);
  }
});
