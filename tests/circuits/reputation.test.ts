// Honest claims satisfy the circuit, for random evidence of every size and all four proof types; the circuit
// accepts exactly the score of an independent computation; and no wire of it is loose.
import fc from 'fast-check';
import { poseidon2 } from 'poseidon-lite';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CompiledFiles } from '../../circuits/compile.ts';
import { CIRCUIT_SIZES, type CircuitSize } from '../../circuits/signals.ts';
import { PUBLIC_SIGNALS } from '../../src/reputation/claim.ts';
import { packRecord } from '../../src/reputation/record.ts';
import { scoreOf as productScore } from '../../src/reputation/score.ts';
import {
  type Claim,
  type EvidenceRecord,
  identityOf,
  inputOf,
  scoreOf,
  signals,
} from '../helpers/circuits-claims.ts';
import { ConstraintSystem, wireNames } from '../helpers/circuits-r1cs.ts';
import { builtCircuit, compileSize } from '../helpers/circuits-variants.ts';
import { accepts, WitnessCalculator } from '../helpers/circuits-witness.ts';
import { isFullRun, runs, testSeed } from '../helpers/scale.ts';
import { base } from './attacks.ts';

const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const upTo = (max: bigint) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.bigInt(0n, max) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 1n, max - 1n, max) },
  );
const small = fc.oneof(upTo(2_000n), upTo(2n ** 32n - 1n));

/** Claims of up to `size` records, extremes of every range included; often full, often almost empty. */
function claims(size: number): fc.Arbitrary<Claim> {
  const time = upTo(2n ** 40n - 1n);
  return time.chain((asOf) => {
    const near = fc.constantFrom(asOf, asOf + 1n, asOf - 1n).map((t) => BigInt.asUintN(40, t));
    const record: fc.Arbitrary<EvidenceRecord> = fc.record({
      weight: upTo(2n ** 16n - 1n),
      positive: small,
      negative: small,
      expiresAt: fc.oneof(time, near),
    });
    const records = fc.oneof(
      fc.array(record, { maxLength: size, size: 'max' }),
      fc.array(record, { minLength: size, maxLength: size }),
      fc.array(record, { maxLength: 2 }),
    );
    return fc
      .record({
        size: fc.constant(size),
        identity: fc.constantFrom('ada', 'bo', 'cy').map(identityOf),
        records,
        others: fc.array(fc.bigInt(1n, FIELD - 1n), { maxLength: 9 }),
        position: fc.constant(0),
        scope: upTo(FIELD - 1n),
        message: upTo(FIELD - 1n),
        asOf: fc.constant(asOf),
        baseRate: upTo(1_000_000n),
      })
      .chain((claim) =>
        fc.integer({ min: 0, max: claim.others.length }).map((position) => ({ ...claim, position })),
      );
  });
}

async function filesOf(size: CircuitSize): Promise<CompiledFiles> {
  return size === 1024 ? compileSize(1024) : builtCircuit(size);
}

describe.each(CIRCUIT_SIZES.filter((size) => size !== 1024 || isFullRun))('reputation(%i)', (size) => {
  let system: ConstraintSystem;
  let calculator: WitnessCalculator;

  beforeAll(async () => {
    const files = await filesOf(size);
    system = new ConstraintSystem(files.r1cs);
    calculator = await WitnessCalculator.honest(files.wasm);
  });

  test('honest witnesses of all four proof types satisfy it, and an exact score one off does not', async () => {
    const property = fc.asyncProperty(claims(size), fc.nat(999_999), fc.nat(999_999), async (claim, a, b) => {
      const score = scoreOf(claim.records, claim.asOf, claim.baseRate);
      const below = (BigInt(a) * (score + 1n)) / 1_000_000n;
      const above = score + (BigInt(b) * (1_000_001n - score)) / 1_000_000n;
      const types = {
        exact: [score, score],
        threshold: [below, 1_000_000n],
        band: [below, above],
        membership: [0n, 1_000_000n],
      };
      for (const [lower, upper] of Object.values(types)) {
        const input = inputOf(claim, lower, upper);
        const witness = await calculator.witness(signals(input));
        expect(system.violations(witness)).toEqual([]);
        expect(witness.slice(1, 9)).toEqual(PUBLIC_SIGNALS.map((name) => input[name]));
      }
      for (const wrong of [score - 1n, score + 1n]) {
        expect(await accepts(calculator, signals(inputOf(claim, wrong, wrong)))).toBe(false);
      }
    });
    const numRuns = size <= 16 ? runs(8, 60) : size <= 64 ? runs(4, 25) : size <= 256 ? runs(2, 10) : 3;
    await fc.assert(property, { numRuns, seed: testSeed });
  });

  test('the public signals come in the stated order', () => {
    expect(system.r1cs.publicOutputs).toBe(0);
    expect(system.r1cs.publicInputs).toBe(PUBLIC_SIGNALS.length);
  });
});

describe('reputation(16) in detail', () => {
  let files: CompiledFiles;
  let system: ConstraintSystem;
  let calculator: WitnessCalculator;

  beforeAll(async () => {
    files = await builtCircuit(16);
    system = new ConstraintSystem(files.r1cs);
    calculator = await WitnessCalculator.honest(files.wasm);
  });

  test('the product computes the same score', () => {
    fc.assert(
      fc.property(claims(16), (claim) => {
        const packed = claim.records.map(({ weight, positive, negative, expiresAt }) =>
          packRecord({
            weight: Number(weight),
            positive: Number(positive),
            negative: Number(negative),
            expiresAt: Number(expiresAt),
          }),
        );
        const { scorePpm } = productScore(packed, Number(claim.asOf), Number(claim.baseRate));
        expect(BigInt(scorePpm)).toBe(scoreOf(claim.records, claim.asOf, claim.baseRate));
      }),
      { numRuns: runs(100, 1_000), seed: testSeed },
    );
  });

  test('no evidence gives the base rate; depth 24 and a tree of one leaf work', async () => {
    const nobody = { ...base, records: [], others: [], position: 0 };
    expect(
      system.satisfies(await calculator.witness(signals(inputOf(nobody, base.baseRate, base.baseRate)))),
    ).toBe(true);

    const input = inputOf({ ...base, others: [], position: 0 });
    let root = input.root;
    const siblings: bigint[] = [];
    let index = 0n;
    for (let level = 0; level < 24; level++) {
      siblings.push(BigInt(level + 7));
      const isRight = level % 3 === 0;
      if (isRight) index += 2n ** BigInt(level);
      root = isRight ? poseidon2([siblings[level]!, root]) : poseidon2([root, siblings[level]!]);
    }
    const deep = signals(input, { root, siblings, index, depth: 24n });
    expect(system.satisfies(await calculator.witness(deep))).toBe(true);
  });

  test('every wire is held by a constraint', async () => {
    const witness = await calculator.witness(signals(inputOf(base, 0n, 1_000_000n)));
    expect(system.satisfies(witness)).toBe(true);
    const names = wireNames(files.sym);
    const free = system.freeWires(witness, 1n).flatMap((wire) => names.get(wire)!.join(' '));
    // IsZero's helper is free when its input is 0, which happens once: where the level is the depth.
    expect(free.filter((name) => !name.endsWith('.isz.inv'))).toEqual([]);
    expect(free.length).toBeLessThanOrEqual(1);
  });
});
