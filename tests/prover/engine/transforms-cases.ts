// Transforms, digits and constraint rows of a tier, held against the reference wherever WebAssembly runs.
import { LAMBDA, R } from '../../../src/prover/engine/constants.ts';
import { keyParts, measure } from '../../../src/prover/engine/import.ts';
import type { Tier } from '../../../src/prover/engine/kernels/tier.ts';
import { inMemory, surveyKey } from '../../../src/prover/engine/key-file.ts';
import { layOut, PAGE_BYTES, windowCount } from '../../../src/prover/engine/layout.ts';
import { quotientScalars } from '../../../src/prover/engine/reference/prove.ts';
import { littleEndian } from '../../../src/prover/engine/sections.ts';
import { Thread } from '../../../src/prover/engine/thread.ts';
import { readWitness } from '../../../src/prover/engine/wtns.ts';
import { readProvingKey } from '../../../src/prover/engine/zkey.ts';
import type { Instantiate } from './sums-cases.ts';

/** What came out wrong of the quotient of a system. */
export async function wrongQuotient(
  tier: Tier,
  { zkey, wtns }: { zkey: Uint8Array; wtns: Uint8Array },
  instantiate: Instantiate,
): Promise<string[]> {
  const key = readProvingKey(zkey);
  const file = inMemory(zkey);
  const surveyed = await surveyKey(file, key);
  const { values, count } = readWitness(wtns);
  const sizes = measure(surveyed, tier, 1);
  const layout = layOut(sizes, tier);
  const instance = await instantiate(layout.bytes / PAGE_BYTES);
  const thread = new Thread(instance, sizes, 0);
  for await (const { part } of keyParts(file, surveyed, tier)) thread.takePart(part);
  thread.setWitness(values, new Uint8Array(0));
  for (const matrix of [0, 1] as const) thread.run({ kind: 'rows', matrix });
  thread.run({ kind: 'third' });
  for (const which of [0, 1, 2] as const) thread.run({ kind: 'transform', which });
  thread.run({ kind: 'quotient' });
  const number = (at: number) => littleEndian(instance.u8.subarray(at, at + 32));
  const witness = Array.from({ length: count }, (_, i) => littleEndian(values.subarray(32 * i, 32 * i + 32)));
  const expected = quotientScalars(key, witness);
  const got = expected.map((_, i) => number(layout.quotient + 32 * i));
  const found = expected.flatMap((value, i) => (got[i]! % R === value ? [] : [`quotient ${i}`]));
  // The digits say the same.
  const view = new DataView(instance.memory.buffer);
  const fromDigits = expected.map((_, i) => {
    const bits = sizes.windowBits.ch;
    const windows = windowCount(bits);
    const [first, second] = [0, windows].map((from) => {
      let sum = 0n;
      for (let w = from + windows - 1; w >= from; w--) {
        const digit = view.getInt16(layout.quotientDigits + w * 2 * sizes.domain + 2 * i, true);
        if (Math.abs(digit) > 2 ** (bits - 1)) found.push(`digit ${w} of ${i} is ${digit}`);
        sum = (sum << BigInt(bits)) + BigInt(digit);
      }
      return sum;
    });
    return (((first! + second! * LAMBDA) % R) + R) % R;
  });
  found.push(...expected.flatMap((value, i) => (fromDigits[i] === value ? [] : [`digits of ${i}`])));
  return found;
}
