// Hostile files, and how proving with them ends. Runs in Node and in pages.
import type { Engine } from '../../../src/prover/engine/engine.ts';
import { EngineError } from '../../../src/prover/engine/errors.ts';
import { SeededRandom } from '../../helpers/random.ts';
import { mutant } from './mutants.ts';

export interface Files {
  zkey: Uint8Array;
  wtns: Uint8Array;
}

/** What a mutant may end in: a proof, or one of these codes. */
export const ENDS = [
  'proof',
  'artifact.zkey-format',
  'witness.wtns-format',
  'witness.size',
  'artifact.degenerate',
];

/** Pairs of which one file is a mutant. */
export function* mutants({ zkey, wtns }: Files, seed: number, count: number): Generator<Files> {
  const random = new SeededRandom(seed);
  for (let i = 0; i < count; i++) {
    yield random.chance(0.7) ? { zkey: mutant(zkey, random), wtns } : { zkey, wtns: mutant(wtns, random) };
  }
}

/** `proof`, or the code of the typed error; anything else that is thrown goes on. */
export async function outcome(engine: Engine, { zkey, wtns }: Files): Promise<string> {
  try {
    await engine.prove(zkey, wtns);
    return 'proof';
  } catch (thrown) {
    if (!(thrown instanceof EngineError)) throw thrown;
    return thrown.code;
  }
}

/** How often which end was met. */
export class Ends {
  readonly counts: Record<string, number> = {};

  add(end: string, times = 1): void {
    this.counts[end] = (this.counts[end] ?? 0) + times;
  }

  /** What must not be: ends that are none, or too few files that are refused, or too few that pass for keys. */
  wrong(count: number): string[] {
    const { 'artifact.zkey-format': refused = 0, proof = 0 } = this.counts;
    return [
      ...Object.keys(this.counts).filter((end) => !ENDS.includes(end)),
      ...(refused > count / 6 ? [] : [`${refused} of ${count} were refused as keys`]),
      ...(proof > count / 24 ? [] : [`${proof} of ${count} ended in a proof`]),
    ];
  }
}
