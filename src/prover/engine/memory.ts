// Memory for one key, or a typed error that says how much it takes.
import { EngineError } from './errors.ts';
import { type WasmMemory, wasm } from './wasm.ts';

/** 2 GiB: addresses are also computed with JavaScript's signed bit operations. */
const MOST_PAGES = 2 ** 15;

/** Throws EngineError `resource.memory`. */
export function makeMemory(pages: number, shared: boolean): WasmMemory {
  try {
    if (pages > MOST_PAGES) throw new RangeError('A proof may take 2048 MiB.');
    return new wasm.Memory({ initial: pages, maximum: pages, ...(shared ? { shared } : {}) });
  } catch (cause) {
    throw new EngineError(
      'resource.memory',
      `There is not enough memory: ${Math.ceil(pages / 16)} MiB are needed.`,
      { nextStep: 'Close other tabs or programs, or let a worker server prove.', cause },
    );
  }
}
