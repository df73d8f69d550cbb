// The strict verifier and data that nobody meant well: a clear no, never a crash, whatever comes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { G1, g1, g2, keyOf, proofFromPoints, randomTrapdoor, simulate } from './simulated-proof.ts';
import { failures, key, proof, signals } from './verified-proof.ts';

describe('hostile data', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  const throwing = new Proxy(
    {},
    {
      get() {
        throw new Error('secret 12345');
      },
    },
  );
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const fickle = { ...proof };
  let reads = 0;
  Object.defineProperty(fickle, 'pi_a', {
    get: () => (reads++ === 0 ? proof.pi_a : ['0', '0', '1']),
    enumerable: true,
  });

  it.each<[string, unknown]>([
    ['deep lists', nested(100_000)],
    ['a throwing proxy', throwing],
    ['a revoked proxy', revoked.proxy],
    ['a list of a billion holes', Object.assign([], { length: 1_000_000_000 })],
    ['holes', Object.assign([], { length: 3 })],
    ['a long text', 'x'.repeat(10_000_000)],
    ['a function', () => signals],
    ['a symbol', Symbol('x')],
    ['nothing', undefined],
    ['bytes that are not JSON', new Uint8Array([0xff, 0xfe])],
    ['too many bytes', new Uint8Array(5_000_000)],
    ['__proto__', JSON.parse('{"__proto__": {"protocol": "groth16"}}')],
  ])('is answered: %s', async (_, value) => {
    for (const answer of [
      await verifyProof(value, signals, proof),
      await verifyProof(key, value, proof),
      await verifyProof(key, signals, value),
      await verifyProof({ ...key, IC: value }, signals, proof),
      await verifyProof(key, signals, { ...proof, pi_b: value }),
      await verifyProof(key, [value, ...signals.slice(1)], proof),
    ]) {
      expect(answer.valid).toBe(false);
      expect(JSON.stringify(answer.checks)).not.toContain('12345');
    }
  });

  it('is read once, so that what was checked is what is verified', async () => {
    expect(await failures(key, signals, fickle)).toEqual([]);
    expect(reads).toBe(1);
  });

  it('of any kind never throws and is never valid', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), fc.anything(), async (a, b, c) => {
        expect((await verifyProof(a, b, c)).valid).toBe(false);
      }),
      { seed: testSeed, numRuns: runs(200, 5_000) },
    );
  });
});

describe('any small change', () => {
  const text = JSON.stringify({ key, signals, proof });

  it('of one character makes it invalid or leaves it the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: text.length - 1 }),
        fc.constantFrom(...'0123456789"[]{},: -+ex\n'),
        async (at, character) => {
          let parsed: { key?: unknown; signals?: unknown; proof?: unknown };
          try {
            parsed = JSON.parse(text.slice(0, at) + character + text.slice(at + 1)) as typeof parsed;
          } catch {
            return;
          }
          if (JSON.stringify(parsed) === text) return;
          expect((await verifyProof(parsed.key, parsed.signals, parsed.proof)).valid).toBe(false);
        },
      ),
      { seed: testSeed, numRuns: runs(150, 5_000) },
    );
  });

  it('finds both verifiers of one mind', async () => {
    const scalar = fc.bigInt({ min: 1n, max: (1n << 250n) - 1n });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(scalar, fc.constant(0n)), { maxLength: 4 }),
        fc.nat(),
        fc.constantFrom('none', 'signal', 'a', 'c', 'key'),
        async (shown, seed, tampering) => {
          const secrets = randomTrapdoor(seed, shown.length);
          const made = simulate(secrets, shown, seed + 1);
          const decimals = shown.map(String);
          let tampered = tampering !== 'none';
          if (tampering === 'signal') {
            if (decimals.length === 0) tampered = false;
            else decimals[0] = String(shown[0]! + 1n);
          }
          if (tampering === 'a') made.pi_a = proofFromPoints(g1(secrets.beta), g2(1n), g1(1n)).pi_a;
          if (tampering === 'c') made.pi_c = proofFromPoints(G1.BASE, g2(1n), g1(secrets.alpha)).pi_c;
          if (tampering === 'key') secrets.alpha += 1n;
          const { valid, checks } = await verifyProof(keyOf(secrets), decimals, made);
          expect(checks.find((check) => check.name === CHECKS.agreement)?.ok).toBe(true);
          expect(valid).toBe(!tampered);
        },
      ),
      { seed: testSeed, numRuns: runs(25, 1_000) },
    );
  });
});
