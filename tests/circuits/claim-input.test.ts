// What src/reputation makes of attestations satisfies the circuit at exactly its score: digest, leaf, root,
// nullifier, bounds and score agree from import to witness, and one ppm off they don't.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CircuitInput } from '../../src/core/groth16.ts';
import { readBundle, writeBundle } from '../../src/reputation/bundle.ts';
import type { WeightRule } from '../../src/reputation/campaign.ts';
import { buildClaim } from '../../src/reputation/claim.ts';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { buildNetwork, makeBundle, makeCampaign } from '../../src/reputation/network.ts';
import { sampleCampaign } from '../../src/reputation/sample.ts';
import { builtCircuit } from '../helpers/circuits-variants.ts';
import { accepts, type Signals, WitnessCalculator } from '../helpers/circuits-witness.ts';
import { runs } from '../helpers/scale.ts';
import { AS_OF, attestations, CIRCUITS, seeded, TERMS } from '../reputation/arbitrary.ts';

function asSignals(input: CircuitInput, changes: Record<string, string> = {}): Signals {
  return Object.fromEntries(
    Object.entries({ ...input, ...changes }).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((one) => BigInt(one as string)) : BigInt(value),
    ]),
  );
}

const calculators = new Map<number, WitnessCalculator>();

beforeAll(async () => {
  for (const size of [16, 64, 256] as const) {
    calculators.set(size, await WitnessCalculator.honest((await builtCircuit(size)).wasm));
  }
});

/** A claim of the exact score is accepted with the public signals that it promises; one off is not. */
async function expectExact(input: CircuitInput, publicSignals: string[], capacity: number): Promise<void> {
  const calculator = calculators.get(capacity)!;
  const witness = await calculator.witness(asSignals(input));
  expect(witness.slice(1, 9).map(String)).toEqual(publicSignals);
  const score = Number(input.lower);
  for (const off of [score - 1, score + 1]) {
    if (off < 0 || off > 1_000_000) continue;
    expect(await accepts(calculator, asSignals(input, { lower: `${off}`, upper: `${off}` }))).toBe(false);
  }
}

describe('claims from attestations', () => {
  test('satisfy the circuit of the chosen size at exactly their score, for random networks', async () => {
    await fc.assert(
      fc.asyncProperty(
        attestations(4, 80).filter((rows) => rows.some((row) => row.source !== row.target)),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom('uniform' as const, 'flow' as const),
        fc.constantFrom(16, 64, 256),
        async (rows, baseRatePpm, kind, atLeast) => {
          const weights: WeightRule = kind === 'flow' ? { kind, seeds: ['p0', 'p1'] } : { kind };
          const early = rows.map((row) => ({ ...row, createdAtMs: row.createdAtMs - 10_000 }));
          const network = await buildNetwork(early, {
            asOf: AS_OF,
            baseRatePpm,
            weights,
            commitments: 'demo',
          });
          const campaign = makeCampaign(network, {
            ...TERMS,
            asks: [{ type: 'exact' }, { type: 'membership' }],
          });
          const [subject] = [...network.people.keys()];
          const bundle = readBundle(writeBundle(makeBundle(network, campaign, subject!)));
          const capacity = Math.max(atLeast, bundle.records.length > 16 ? 64 : 16);
          const { secretScalar } = demoKeyPair(subject!);
          const claim = buildClaim({ bundle, secretScalar, askIndex: 0, payload: 'to me', capacity });
          await expectExact(claim.input, claim.publicSignals, capacity);
          const member = buildClaim({ bundle, secretScalar, askIndex: 1, payload: '', capacity });
          expect(await accepts(calculators.get(capacity)!, asSignals(member.input))).toBe(true);
        },
      ),
      seeded(runs(12, 300)),
    );
  });

  test('of the sample meet each of its asks, in every size, and nobody else can use them', async () => {
    const { bundle, secretScalar } = await sampleCampaign(CIRCUITS);
    const other = demoKeyPair('Rowan').secretScalar;
    for (const askIndex of bundle.campaign.asks.keys()) {
      for (const capacity of [16, 64, 256]) {
        const { input } = buildClaim({ bundle, secretScalar, askIndex, payload: '', capacity });
        const calculator = calculators.get(capacity)!;
        expect(await accepts(calculator, asSignals(input))).toBe(true);
        expect(await accepts(calculator, asSignals(input, { secret: `${other}` }))).toBe(false);
        expect(await accepts(calculator, asSignals(input, { nullifier: '1' }))).toBe(false);
        expect(await accepts(calculator, asSignals(input, { root: '1' }))).toBe(false);
      }
    }
  });
});
