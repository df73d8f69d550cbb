// Development keys: snarkjs takes them as its own, and the engine makes the very proofs of it, they bind every public
// signal, and they are the same everywhere. The Lagrange values are held against another computation.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import fc from 'fast-check';
import { groth16, zKey } from 'snarkjs';
import { afterAll, describe, expect, test } from 'vitest';
import { makeDevelopmentKey } from '../../circuits/dev-key.ts';
import { lagrangeAt, power } from '../../circuits/dev-key-scalars.ts';
import { parseR1cs } from '../../circuits/r1cs.ts';
import { CIRCUIT_SIZES, type CircuitSize } from '../../circuits/signals.ts';
import { buildKernels } from '../../scripts/kernels.ts';
import { DEVELOPMENT_ALPHA_1, isDevelopmentKey } from '../../src/core/development-key.ts';
import { GnomonError } from '../../src/core/errors.ts';
import { FIELD_ORDER_R as R } from '../../src/core/groth16.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { inputOf, signals } from '../helpers/circuits-claims.ts';
import { CUBIC, r1csFile } from '../helpers/circuits-fixture.ts';
import { builtCircuit } from '../helpers/circuits-variants.ts';
import { WitnessCalculator, wtnsFile } from '../helpers/circuits-witness.ts';
import { isFullRun, runs, testSeed } from '../helpers/scale.ts';
import { snarkjsProof } from '../prover/engine/circuits.ts';
import { createEngineWithBlinding } from '../prover/engine/fixed-blinding.ts';
import { base } from './attacks.ts';

await buildKernels();

// Of CUBIC's key. It changes only when the seed or the layout does, and then every development key changes.
const CUBIC_ZKEY_SHA256 = 'fbb2e1cc4d30c07f7f63ac4cc40e0a4ed663b6f02e6b8437f4489885dd9229ad';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

afterAll(async () => {
  // snarkjs keeps its curve's threads running.
  await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate();
});

describe('the key of a small system', () => {
  test('snarkjs proves and verifies with it, and every public signal is bound, unused ones too', async () => {
    const { zkey, vkey, constraints, domain } = await makeDevelopmentKey(CUBIC.file);
    expect([constraints, domain, vkey.nPublic, vkey.IC.length]).toEqual([2, 8, 2, 3]);
    const { proof, publicSignals } = await groth16.prove(zkey, wtnsFile(CUBIC.witness(3n, 77n)));
    expect(publicSignals).toEqual(['35', '77']);
    expect(await groth16.verify(vkey, publicSignals, proof)).toBe(true);
    for (const swapped of [
      ['35', '78'],
      ['36', '77'],
      ['77', '35'],
      ['35', '0'],
    ]) {
      expect(await groth16.verify(vkey, swapped, proof)).toBe(false);
    }
    const wrong = CUBIC.witness(3n, 77n).with(1, 36n);
    const bad = await groth16.prove(zkey, wtnsFile(wrong));
    expect(await groth16.verify(vkey, bad.publicSignals, bad.proof)).toBe(false);
  });

  test('it is the same on every machine', async () => {
    const key = await makeDevelopmentKey(CUBIC.file);
    expect(sha256(key.zkey)).toBe(CUBIC_ZKEY_SHA256);
    expect(sha256((await makeDevelopmentKey(CUBIC.file)).zkey)).toBe(CUBIC_ZKEY_SHA256);
  });

  test('it is recognised by its α, whatever the circuit', async () => {
    const other = await makeDevelopmentKey(r1csFile(3, 1, [[{ 2: 1n }, { 2: 1n }, { 1: 1n }]]));
    const { vkey } = await makeDevelopmentKey(CUBIC.file);
    expect(vkey.vk_alpha_1).toEqual(DEVELOPMENT_ALPHA_1);
    expect(other.vkey.vk_alpha_1).toEqual(DEVELOPMENT_ALPHA_1);
    expect(isDevelopmentKey(vkey)).toBe(true);
    expect(isDevelopmentKey({ vk_alpha_1: ['1', '2', '1'] })).toBe(false);
  });

  test('progress only grows and ends at 1', async () => {
    const shares: number[] = [];
    await makeDevelopmentKey(CUBIC.file, (share) => shares.push(share));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1);
  });
});

const BLINDING = { r: 2n ** 252n + 12345678901234567890n, s: 2n ** 250n + 77n };

// One wrong point makes every proof fail, so each size is tried; the larger ones in the full run.
const sizes: CircuitSize[] = isFullRun ? [...CIRCUIT_SIZES] : [16];

describe.each(sizes)('the key of reputation(%i)', (size) => {
  test('snarkjs exports its vkey and a Solidity verifier, proves and verifies', async () => {
    const { zkey, vkey: vkeyPath, wasm } = await builtCircuit(size);
    const vkey: unknown = JSON.parse(readFileSync(vkeyPath, 'utf8'));
    expect(await zKey.exportVerificationKey(zkey)).toEqual(vkey);

    const templates = join(createRequire(import.meta.url).resolve('snarkjs'), '../../templates');
    const groth16Template = readFileSync(join(templates, 'verifier_groth16.sol.ejs'), 'utf8');
    const solidity = await zKey.exportSolidityVerifier(zkey, { groth16: groth16Template });
    expect(solidity).toContain(DEVELOPMENT_ALPHA_1[0]);
    expect(solidity).toContain('uint[8] calldata _pubSignals');

    const calculator = await WitnessCalculator.honest(wasm);
    const witness = await calculator.witness(signals(inputOf({ ...base, size })));
    const { proof, publicSignals } = await groth16.prove(zkey, wtnsFile(witness));
    expect(await groth16.verify(vkey, publicSignals, proof)).toBe(true);
    const signalsOfProof = publicSignals as string[];
    for (let i = 0; i < signalsOfProof.length; i++) {
      const swapped = signalsOfProof.with(i, String(BigInt(signalsOfProof[i]!) + 1n));
      expect(await groth16.verify(vkey, swapped, proof)).toBe(false);
    }
  });

  test('the engine proves with it as snarkjs does for the same r and s, and two verifiers agree', async () => {
    const files = await builtCircuit(size);
    const [zkey, vkey] = [
      new Uint8Array(readFileSync(files.zkey)),
      JSON.parse(readFileSync(files.vkey, 'utf8')),
    ];
    const calculator = await WitnessCalculator.honest(files.wasm);
    const wtns = wtnsFile(await calculator.witness(signals(inputOf({ ...base, size }))));
    const expected = await snarkjsProof(zkey, wtns, BLINDING);
    const ways = [{ threads: 2 }, { threads: 2, sharedMemory: false }, { threads: 1 }];
    for (const options of ways.slice(0, runs(1, ways.length))) {
      const engine = createEngineWithBlinding(options, () => BLINDING);
      const made = await engine.prove(zkey, wtns).finally(() => engine.dispose());
      expect([options, made.proof, made.publicSignals]).toEqual([
        options,
        expected.proof,
        expected.publicSignals,
      ]);
      expect(await groth16.verify(vkey, made.publicSignals, made.proof)).toBe(true);
      expect((await verifyProof(vkey, made.publicSignals, made.proof)).valid).toBe(true);
      const swapped = made.publicSignals.with(0, String(BigInt(made.publicSignals[0]!) + 1n));
      expect((await verifyProof(vkey, swapped, made.proof)).valid).toBe(false);
    }
  });
});

describe('the parts', () => {
  test('Lagrange values interpolate', () => {
    const field = fc.bigInt(0n, R - 1n);
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 16 }), field, (coefficients, tau) => {
        fc.pre(power(tau, 16n) !== 1n); // a root of unity: no key has such a τ
        const at = (x: bigint) => coefficients.reduceRight((sum, c) => (sum * x + c) % R, 0n);
        const omega = power(5n, (R - 1n) / 16n);
        const weights = lagrangeAt(tau, 16, 0, 1, 1n);
        const sum = weights.reduce((total, l, j) => (total + l * at(power(omega, BigInt(j)))) % R, 0n);
        expect(sum).toBe(at(tau));
        expect(lagrangeAt(tau, 16, 1, 2, 3n)).toEqual(
          weights.filter((_, j) => j % 2 === 1).map((l) => (3n * l) % R),
        );
      }),
      { numRuns: runs(30, 300), seed: testSeed },
    );
  });

  test('the r1cs parser answers damaged files with a typed error', () => {
    const parse = (bytes: Uint8Array) => {
      try {
        return parseR1cs(bytes).constraints;
      } catch (error) {
        expect(error).toBeInstanceOf(GnomonError);
        return undefined;
      }
    };
    const { file } = CUBIC;
    expect(parse(file)).toBe(2);
    for (let length = 0; length < file.length; length++)
      expect(parse(file.subarray(0, length))).toBeUndefined();
    expect(parse(Uint8Array.from([...file, 0]))).toBeUndefined();
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const flipped = Uint8Array.from(file);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      parse(flipped);
    }
    const three = (wire: number, value: bigint) =>
      r1csFile(3, 1, [[{ [wire]: value }, { 2: 1n }, { 1: 1n }]]);
    expect(parse(three(2, 1n))).toBe(1);
    expect(parse(three(3, 1n))).toBeUndefined(); // a wire that does not exist
    const notReduced = three(2, R - 1n);
    const reducedAt = Buffer.from(notReduced).lastIndexOf(0x30); // the highest byte of the last r − 1
    notReduced[reducedAt] = 0x31;
    expect(parse(notReduced)).toBeUndefined();
    const otherField = Uint8Array.from(file);
    otherField[12 + 12 + 4]! ^= 2;
    expect(parse(otherField)).toBeUndefined();
    expect(parse(r1csFile(3, 3, []))).toBeUndefined(); // more inputs than wires
    // The lengths, all ones: nothing is allocated on their word.
    for (let at = 0; at + 8 <= file.length; at++) parse(Uint8Array.from(file).fill(0xff, at, at + 8));
  });
});
