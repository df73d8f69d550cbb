// One tier's kernels as one WebAssembly module.
import { BETA, P, R } from '../constants.ts';
import { Module } from './asm.ts';
import { emitBatchAdd } from './batch-add.ts';
import { emitBuckets } from './buckets.ts';
import { emitMerge } from './endomorphism.ts';
import { emitInverse } from './inverse.ts';
import { emitTransforms } from './ntt.ts';
import { emitOutlined } from './outlined.ts';
import { emitRecode, emitRecodeHalves } from './recode.ts';
import { emitRows } from './rows.ts';
import { CONSTANTS_BASE, FREE_BASE } from './scratch.ts';
import { emitSort } from './sort.ts';
import { emitSplit } from './split.ts';
import type { Tier } from './tier.ts';
import { emitProducts, emitVectors } from './vectors.ts';

export interface Kernels {
  bytes: Uint8Array;
  /** The byte at this offset is 1 for a private memory and 3 for a shared one. */
  memoryFlagOffset: number;
}

/** Imports: `env.memory`, `env.careful` (list, n, degree) → n. Exports, besides those the emitters name:
 * `set_scratch` (address of this thread's scratch memory) and `set_careful` (0 or 1). */
export function emitKernels(tier: Tier): Kernels {
  const module = new Module(CONSTANTS_BASE);
  const careful = module.import('careful', ['i32', 'i32', 'i32'], ['i32']);
  const scratch = module.global();
  const carefulFirst = module.global();
  for (const [name, global] of [
    ['set_scratch', scratch],
    ['set_careful', carefulFirst],
  ] as const) {
    const fn = module.fn(name, ['i32'], []);
    fn.emit(global.set(fn.param(0)));
  }
  const inverse = emitInverse(module, tier, P);
  const outlined = emitOutlined(module, tier, P);
  const shared = {
    outlined,
    scratch: scratch.get,
    carefulFirst: carefulFirst.get,
    careful,
    inverse,
  };
  for (const [name, degree] of [
    ['g1', 1],
    ['g2', 2],
  ] as const) {
    const addBatch = emitBatchAdd(module, tier, name, P, degree, shared);
    emitBuckets(module, name, addBatch, degree);
    emitMerge(module, tier, name, P, degree, { ...shared, addBatch, beta: BETA[name] });
  }
  emitRecode(module, R);
  emitSplit(module);
  emitRecodeHalves(module);
  emitSort(module);
  emitTransforms(module, tier, R);
  emitRows(module, tier, R);
  emitVectors({ module, tier, name: 'fp', modulus: P });
  emitVectors({ module, tier, name: 'fr', modulus: R });
  return finish(module);
}

/** `fp_mul` alone, to see which tiers run here and how fast. */
export function emitProbe(tier: Tier): Kernels {
  const module = new Module(CONSTANTS_BASE);
  emitProducts({ module, tier, name: 'fp', modulus: P });
  return finish(module);
}

function finish(module: Module): Kernels {
  const { bytes, memoryFlagOffset, constantsEnd } = module.finish();
  if (constantsEnd > FREE_BASE) throw new Error('The constants do not fit their page.');
  return { bytes, memoryFlagOffset };
}
