// Transforms, digits and constraint rows of every tier against the reference.
import { expect, test } from 'vitest';
import { SeededRandom } from '../../helpers/random.ts';
import { runs, testSeed } from '../../helpers/scale.ts';
import { smallCircuit } from './circuits.ts';
import { instantiate, TIERS } from './kernels.ts';
import { wrongQuotient } from './transforms-cases.ts';

for (const tier of TIERS) {
  test.each([1, 3, 11, 50, runs(300, 2000)])(
    `${tier.name}: the quotient of a system of %i rows`,
    async (rows) => {
      const circuit = await smallCircuit(new SeededRandom(testSeed + rows), rows);
      expect(await wrongQuotient(tier, circuit, (pages) => instantiate(tier, pages))).toEqual([]);
    },
  );
}
