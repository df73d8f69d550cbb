// Witness, proof and verification of a circuit that we did not write: Semaphore depth 32.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { type Curve, wtns as snarkjsWtns } from 'snarkjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GnomonError } from '../../src/core/errors.ts';
import { type CircuitInput, FIELD_ORDER_R } from '../../src/core/groth16.ts';
import { proveWithSnarkjs, type UnverifiedProof } from '../../src/prover/prove.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { calculateWitness } from '../../src/prover/witness.ts';
import { checkWtns, publicSignalsOf, readZkeyHeader, verificationKeyOf } from '../../src/prover/zkey.ts';
import { testData } from '../helpers/data.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const inputPath = testData('semaphore-32.input.json');
const bytesOf = (name: string) => new Uint8Array(readFileSync(testData(name)!));

async function errorOf(work: () => unknown): Promise<GnomonError> {
  try {
    await work();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(GnomonError);
    return thrown as GnomonError;
  }
  throw new Error('It should have failed.');
}

describe.skipIf(inputPath === undefined)('Semaphore depth 32', () => {
  const input = JSON.parse(inputPath === undefined ? '{}' : readFileSync(inputPath, 'utf8')) as CircuitInput;
  const load = () => ({
    wasm: bytesOf('semaphore-32.wasm'),
    zkey: bytesOf('semaphore-32.zkey'),
    vkey: bytesOf('semaphore-32.vkey.json'),
  });
  const { wasm, zkey, vkey } = inputPath === undefined ? ({} as ReturnType<typeof load>) : load();
  const secret = String(input.secret);

  describe('witness', () => {
    const printed: unknown[] = [];
    beforeEach(() => {
      for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
        vi.spyOn(console, method).mockImplementation((...values) => void printed.push(...values));
      }
    });
    afterEach(() => {
      vi.restoreAllMocks();
      expect(printed.splice(0)).toEqual([]);
    });

    it('is the one that snarkjs computes, byte for byte', async () => {
      const target: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
      await snarkjsWtns.calculate(input, wasm, target);
      const ours = await calculateWitness(wasm, input);
      expect(Buffer.compare(ours, target.data!)).toBe(0);
    });

    it('takes values as text, numbers, hexadecimal and negative, as snarkjs does', async () => {
      const plain = await calculateWitness(wasm, input);
      const spelled = { ...input, scope: '0x3039', merkleProofLength: 11 as unknown as string };
      expect(Buffer.compare(await calculateWitness(wasm, spelled), plain)).toBe(0);
    });

    const siblings = input.merkleProofSiblings as string[];
    it.each<[string, Record<string, unknown>, string, string | undefined]>([
      ['a signal it does not have', { nonsense: '1' }, 'input.signal-unknown', 'nonsense'],
      [
        'too few values',
        { merkleProofSiblings: siblings?.slice(1) },
        'input.signal-length',
        'merkleProofSiblings',
      ],
      ['too many values', { scope: ['1', '2'] }, 'input.signal-length', 'scope'],
      ['no values', { scope: [] }, 'input.signal-length', 'scope'],
      ['a word', { secret: `x${secret}` }, 'input.signal-malformed', 'secret'],
      ['a fraction', { scope: 1.5 }, 'input.signal-malformed', 'scope'],
      ['null', { scope: null }, 'input.signal-malformed', 'scope'],
      ['an object', { scope: { a: 1 } }, 'input.signal-malformed', 'scope'],
      ['a long number', { scope: '1'.repeat(1000) }, 'input.signal-malformed', 'scope'],
      [
        'deep lists',
        { scope: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) },
        'input.signal-malformed',
        'scope',
      ],
      ['a secret that is out of range', { secret: `${2n ** 253n}` }, 'witness.unsatisfied', undefined],
    ])('refuses %s by name and never by value', async (_, change, code, where) => {
      const error = await errorOf(() => calculateWitness(wasm, { ...input, ...change } as CircuitInput));
      expect(error.code).toBe(code);
      if (where !== undefined) expect(error.where).toBe(where);
      const said = JSON.stringify(error.toData());
      expect(said).not.toContain(secret);
      expect(said).not.toContain(secret.slice(0, 12));
    });

    it('refuses missing signals, naming those that are there', async () => {
      const { scope: _, ...rest } = input;
      const error = await errorOf(() => calculateWitness(wasm, rest));
      expect(error.code).toBe('input.signal-missing');
      expect(error.nextStep).toContain('merkleProofLength');
      expect(error.nextStep).not.toContain('scope');
      expect((await errorOf(() => calculateWitness(wasm, {}))).code).toBe('input.signal-missing');
    });

    it('says where in the circuit a condition failed', async () => {
      const error = await errorOf(() => calculateWitness(wasm, { ...input, secret: `${2n ** 253n}` }));
      expect(error.where).toMatch(/^template \w+, line \d+$/);
      expect(error.retryable).toBe(false);
    });

    it('refuses what is not a calculator, cut short or damaged', async () => {
      const broken = [
        new Uint8Array(0),
        new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
        wasm.slice(0, 1000),
      ];
      for (const file of broken) {
        expect((await errorOf(() => calculateWitness(file, input))).code).toBe('circuit.calculator');
      }
    });
  });

  describe('proof', () => {
    let kept: UnverifiedProof | undefined;
    it.each([1, 2])('is made with %i thread(s), with measured progress, and verifies', async (threads) => {
      const wtns = await calculateWitness(wasm, input);
      const seen: number[] = [];
      const made = await proveWithSnarkjs(zkey, wtns, { threads, onProgress: (f) => seen.push(f) });
      kept = made;
      expect(made.threads).toBeLessThanOrEqual(threads);
      expect(made.publicSignals).toEqual(publicSignalsOf(wtns, 4));
      const { valid, checks } = await verifyProof(vkey, made.publicSignals, made.proof, {
        publicSignals: publicSignalsOf(wtns, 4),
      });
      expect(checks.filter((check) => !check.ok)).toEqual([]);
      expect(valid).toBe(true);
      // Every unit of work is counted once: it ends at 1 because the sums match, not because it is set.
      expect(seen[0]).toBe(0);
      expect(seen.at(-1)).toBe(1);
      expect([...seen].sort((a, b) => a - b)).toEqual(seen);
      expect(seen.length).toBeGreaterThan(8);
    });

    it('is refused for other signals', async () => {
      const made = kept!;
      for (let index = 0; index < 4; index++) {
        const other = made.publicSignals.map((signal, i) =>
          i === index ? `${BigInt(signal) + 1n}` : signal,
        );
        expect((await verifyProof(vkey, other, made.proof)).valid).toBe(false);
      }
    });

    it('of a false witness does not verify', async () => {
      const wtns = await calculateWitness(wasm, input);
      wtns[wtns.length - 32] = wtns[wtns.length - 32]! ^ 1;
      const made = await proveWithSnarkjs(zkey, wtns, { threads: 1 });
      expect((await verifyProof(vkey, made.publicSignals, made.proof)).valid).toBe(false);
    });

    it('ends when it is cancelled, and leaves the next one able to work', async () => {
      const wtns = await calculateWitness(wasm, input);
      const controller = new AbortController();
      const error = await errorOf(() =>
        proveWithSnarkjs(zkey, wtns, {
          threads: 2,
          signal: controller.signal,
          onProgress: (fraction) => fraction > 0.2 && controller.abort(),
        }),
      );
      expect(error.code).toBe('cancelled.aborted');
      expect(
        (await errorOf(() => proveWithSnarkjs(zkey, wtns, { threads: 1, signal: controller.signal }))).code,
      ).toBe('cancelled.aborted');
      expect((await verifyProof(vkey, kept!.publicSignals, kept!.proof)).valid).toBe(true);
    });

    it('fails at once when an inner thread dies, where snarkjs would wait for good', async () => {
      const wtns = await calculateWitness(wasm, input);
      const running = globalThis as { curve_bn128?: Curve | null };
      const error = await errorOf(() =>
        proveWithSnarkjs(zkey, wtns, {
          threads: 2,
          onProgress: (fraction) => fraction > 0.3 && running.curve_bn128?.tm.workers?.[0]?.terminate(),
        }),
      );
      expect(error.code).toBe('backend.died');
      expect(error.retryable).toBe(true);
    });
  });

  describe('proving key', () => {
    it('carries the verification key', () => {
      const { vk_alphabeta_12: _, ...expected } = JSON.parse(new TextDecoder().decode(vkey)) as Record<
        string,
        unknown
      >;
      expect(verificationKeyOf(zkey)).toEqual(expected);
    });

    it('is refused when cut anywhere', () => {
      fc.assert(
        fc.property(fc.nat({ max: zkey.length - 1 }), (length) => {
          expect(() => readZkeyHeader(zkey.subarray(0, length))).toThrow(GnomonError);
        }),
        { seed: testSeed, numRuns: runs(100, 1_000) },
      );
    });

    it('with any damaged length or count answers with a typed error or is the same key', () => {
      const intact = readZkeyHeader(zkey);
      const interesting = zkey.subarray(0, 800);
      fc.assert(
        fc.property(fc.nat({ max: interesting.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
          const damaged = zkey.slice();
          damaged[at] = damaged[at]! ^ mask;
          try {
            expect(readZkeyHeader(damaged)).toEqual(intact);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(GnomonError);
            expect((thrown as GnomonError).code).toBe('circuit.zkey');
          }
        }),
        { seed: testSeed, numRuns: runs(150, 2_000) },
      );
    });

    it('takes a witness only if each value is below the order of the field', async () => {
      const wtns = await calculateWitness(wasm, input);
      const valuesAt = 76;
      const put = (index: number, value: bigint) => {
        const changed = wtns.slice();
        for (let byte = 0; byte < 32; byte++) {
          changed[valuesAt + 32 * index + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
        }
        return changed;
      };
      for (const [index, value] of [
        [9417, FIELD_ORDER_R],
        [1, FIELD_ORDER_R + 1n],
        [5, 2n ** 256n - 1n],
      ] as const) {
        const error = await errorOf(() => proveWithSnarkjs(zkey, put(index, value), { threads: 1 }));
        expect(error.code).toBe('witness.file');
        expect(error.message).toContain(`value ${index} `);
      }
      expect(() => checkWtns(put(5, FIELD_ORDER_R - 1n), 9418)).not.toThrow();
    });

    it('finds a witness’ values wherever their section is', async () => {
      const wtns = await calculateWitness(wasm, input);
      // Magic, version and count; then the values' section before the header's.
      const swapped = Buffer.concat([wtns.subarray(0, 12), wtns.subarray(64), wtns.subarray(12, 64)]);
      expect(publicSignalsOf(new Uint8Array(swapped), 4)).toEqual(publicSignalsOf(wtns, 4));
      expect((await errorOf(() => publicSignalsOf(wtns, 9418))).code).toBe('witness.file');
    });

    it('and a witness of another circuit do not go together', async () => {
      const wtns = await calculateWitness(wasm, input);
      expect(() => checkWtns(wtns, 9418)).not.toThrow();
      expect((await errorOf(() => checkWtns(wtns, 9417))).code).toBe('witness.file');
      for (const length of [0, 3, 11, 40, 80, wtns.length - 1]) {
        const error = await errorOf(() => proveWithSnarkjs(zkey, wtns.subarray(0, length), { threads: 1 }));
        expect(error.code).toBe('witness.file');
      }
    });
  });
});
