// The strict verifier against every forgery that trust.md names and some more, on keys whose secrets the
// tests know. Where snarkjs' own verify accepts a forgery, the test shows that it does.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { groth16 } from 'snarkjs';
import { describe, expect, it } from 'vitest';
import type { Groth16Proof, VerificationKey } from '../../src/core/groth16.ts';
import { withCurve } from '../../src/prover/snarkjs-curve.ts';
import { CHECKS, type Expectations } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import {
  combination,
  G1,
  g1,
  g2,
  keyFromPoints,
  keyOf,
  negated,
  plusQ,
  plusR,
  pointOutsideGroup,
  proofFromPoints,
  randomTrapdoor,
  rerandomised,
  scalars,
  simulate,
} from './simulated-proof.ts';

const trapdoor = randomTrapdoor(testSeed, 3);
const key = keyOf(trapdoor);
const signals = ['7', '123456789', '0'];
const proof = simulate(trapdoor, signals.map(BigInt), testSeed + 1);

/** Names of the failed checks; empty when valid. */
async function failures(
  vkey: unknown,
  publicSignals: unknown,
  candidate: unknown,
  expectations?: Expectations,
): Promise<string[]> {
  const { valid, checks } = await verifyProof(vkey, publicSignals, candidate, expectations);
  const failed = checks.filter((check) => !check.ok).map((check) => check.name);
  expect(valid).toBe(failed.length === 0);
  return failed;
}

const notRun = [CHECKS.noble, CHECKS.snarkjs];

/** snarkjs' verify as it is, in one thread. */
const snarkjsAccepts = (vkey: unknown, publicSignals: unknown, candidate: unknown): Promise<boolean> =>
  withCurve({ threads: 1 }, () => groth16.verify(vkey, publicSignals, candidate)).catch(() => false);

const change = (edit: (copy: Groth16Proof) => void): Groth16Proof => {
  const copy = structuredClone(proof);
  edit(copy);
  return copy;
};
const changeKey = (edit: (copy: VerificationKey) => void): VerificationKey => {
  const copy = structuredClone(key);
  edit(copy);
  return copy;
};

describe('valid proofs', () => {
  it('are accepted by every check', async () => {
    const { valid, checks } = await verifyProof(key, signals, proof, { publicSignals: signals });
    expect(valid).toBe(true);
    const named: string[] = Object.values(CHECKS).filter((name) => name !== CHECKS.digest);
    expect(checks.map((check) => check.name)).toEqual(named);
  });

  it('are accepted whatever the number of signals', async () => {
    for (const count of [0, 1, 2, 40]) {
      const secrets = randomTrapdoor(count + 100, count);
      const next = scalars(count);
      const shown = Array.from({ length: count }, next);
      const made = simulate(secrets, shown, count);
      expect(await failures(keyOf(secrets), shown.map(String), made)).toEqual([]);
    }
  });

  it('stay valid when randomised anew, which is why claims are keyed on the nullifier', async () => {
    expect(await failures(key, signals, rerandomised(proof, 12345n))).toEqual([]);
    const flipped = change((copy) => {
      copy.pi_a[1] = negated(copy.pi_a[1]);
      copy.pi_b[1] = [negated(copy.pi_b[1][0]), negated(copy.pi_b[1][1])];
    });
    expect(await failures(key, signals, flipped)).toEqual([]);
  });

  it('are accepted when the signals’ combination is the point at infinity', async () => {
    const secrets = { ...randomTrapdoor(5, 1) };
    secrets.ic[0] = -secrets.ic[1]! * 9n;
    const vkey = keyOf(secrets);
    expect(combination(secrets, [9n])).toBe(0n);
    expect(await failures(vkey, ['9'], simulate(secrets, [9n], 6))).toEqual([]);
    expect(await failures(vkey, ['8'], simulate(secrets, [9n], 6))).not.toEqual([]);
  });

  it('are accepted under a key file with the pinned digest, and refused under any other', async () => {
    const file = new TextEncoder().encode(JSON.stringify(key));
    const vkeySha256 = bytesToHex(sha256(file));
    expect(await failures(file, signals, proof, { vkeySha256 })).toEqual([]);
    const other = new TextEncoder().encode(`${JSON.stringify(key)} `);
    expect(await failures(other, signals, proof, { vkeySha256 })).toContain(CHECKS.digest);
    // What has another digest is not even parsed.
    const { checks } = await verifyProof(other, signals, proof, { vkeySha256 });
    expect(checks.map((check) => check.name)).not.toContain(CHECKS.keyFormat);
    expect(await failures(key, signals, proof, { vkeySha256 })).toContain(CHECKS.digest);
  });
});

describe('public signals', () => {
  it('must be exactly as many as the key has', async () => {
    for (const list of [signals.slice(0, 2), [], [...signals, '0'], Array(5000).fill('0')]) {
      expect(await failures(key, list, proof)).toEqual([CHECKS.signalCount, ...notRun]);
    }
    // The last signal is 0, so leaving it out changes nothing that snarkjs looks at.
    expect(await snarkjsAccepts(key, signals.slice(0, 2), proof)).toBe(true);
  });

  it.each([
    ['plus r', plusR('7')],
    ['a leading zero', '07'],
    ['hexadecimal', '0x7'],
    ['a plus sign', '+7'],
    ['a minus sign', '-7'],
    ['a space before', ' 7'],
    ['a space after', '7 '],
    ['a line break', '7\n'],
    ['an exponent', '7e0'],
    ['a fraction', '7.0'],
    ['other digits', '٧'],
    ['nothing', ''],
    ['a number', 7],
    ['a bigint', 7n],
    ['a list', ['7']],
    ['null', null],
    ['a million digits', '7'.repeat(1_000_000)],
  ])('are refused with %s', async (_, signal) => {
    expect(await failures(key, [signal, ...signals.slice(1)], proof)).toEqual([
      CHECKS.signalRange,
      ...notRun,
    ]);
  });

  it('of another spelling are accepted by snarkjs', async () => {
    for (const spelling of ['07', '0x7', 7]) {
      expect(await snarkjsAccepts(key, [spelling, ...signals.slice(1)], proof)).toBe(true);
    }
  });

  it('must be the expected ones', async () => {
    expect(await failures(key, signals, proof, { publicSignals: ['7', '123456789', '1'] })).toEqual([
      CHECKS.expected,
    ]);
    expect(await failures(key, signals, proof, { publicSignals: signals.slice(0, 2) })).toEqual([
      CHECKS.expected,
    ]);
    expect(await failures(key, signals, proof, { publicSignals: [...signals].reverse() })).toEqual([
      CHECKS.expected,
    ]);
  });

  it('that were changed are refused by both verifiers', async () => {
    expect(await failures(key, ['8', ...signals.slice(1)], proof)).toEqual(notRun);
  });
});

describe('proof points', () => {
  const outside = pointOutsideGroup().toAffine();
  it.each<[string, Groth16Proof | object, string]>([
    ['A off the curve', change((copy) => (copy.pi_a[1] = '5')), CHECKS.proofPoints],
    ['C off the curve', change((copy) => (copy.pi_c[0] = '4')), CHECKS.proofPoints],
    ['B off the curve', change((copy) => (copy.pi_b[1] = ['1', '1'])), CHECKS.proofPoints],
    [
      'B on the curve but outside the group',
      change((copy) => {
        copy.pi_b[0] = [`${outside.x.c0}`, `${outside.x.c1}`];
        copy.pi_b[1] = [`${outside.y.c0}`, `${outside.y.c1}`];
      }),
      CHECKS.proofPoints,
    ],
    ['A + q', change((copy) => (copy.pi_a[0] = plusQ(copy.pi_a[0]))), CHECKS.proofFormat],
    ['B + q', change((copy) => (copy.pi_b[1][1] = plusQ(copy.pi_b[1][1]))), CHECKS.proofFormat],
    ['C + q', change((copy) => (copy.pi_c[1] = plusQ(copy.pi_c[1]))), CHECKS.proofFormat],
    ['A with a leading zero', change((copy) => (copy.pi_a[0] = `0${copy.pi_a[0]}`)), CHECKS.proofFormat],
    [
      'A in hexadecimal',
      change((copy) => (copy.pi_a[0] = `0x${BigInt(copy.pi_a[0]).toString(16)}`)),
      CHECKS.proofFormat,
    ],
    ['A at infinity', change((copy) => (copy.pi_a = ['0', '1', '0'])), CHECKS.proofFormat],
    ['A at (0, 0)', change((copy) => (copy.pi_a = ['0', '0', '1'])), CHECKS.proofFormat],
    ['C at infinity', change((copy) => (copy.pi_c = ['0', '1', '0'])), CHECKS.proofFormat],
    [
      'B at infinity',
      change((copy) => {
        copy.pi_b = [
          ['0', '0'],
          ['1', '0'],
          ['0', '0'],
        ];
      }),
      CHECKS.proofFormat,
    ],
    ['a third coordinate that is not 1', change((copy) => (copy.pi_a[2] = '2')), CHECKS.proofFormat],
    ['a fourth coordinate', change((copy) => (copy.pi_a as string[]).push('1')), CHECKS.proofFormat],
    ['another protocol', { ...proof, protocol: 'plonk' }, CHECKS.proofFormat],
    ['another curve', { ...proof, curve: 'bls12381' }, CHECKS.proofFormat],
    ['no C', { ...proof, pi_c: undefined }, CHECKS.proofFormat],
  ])('are refused: %s', async (_, forged, check) => {
    expect(await failures(key, signals, forged)).toEqual([check, ...notRun]);
  });

  it('beyond q are accepted by snarkjs', async () => {
    for (const forged of [
      change((copy) => (copy.pi_a[0] = plusQ(copy.pi_a[0]))),
      change((copy) => (copy.pi_b[1][1] = plusQ(copy.pi_b[1][1]))),
      change((copy) => (copy.pi_c[1] = plusQ(copy.pi_c[1]))),
    ]) {
      expect(await snarkjsAccepts(key, signals, forged)).toBe(true);
    }
  });

  it('in the wrong places are refused by both verifiers', async () => {
    const swapped = change((copy) => ([copy.pi_a, copy.pi_c] = [copy.pi_c, copy.pi_a]));
    const negatedA = change((copy) => (copy.pi_a[1] = negated(copy.pi_a[1])));
    const negatedC = change((copy) => (copy.pi_c[1] = negated(copy.pi_c[1])));
    const swappedB = change((copy) => (copy.pi_b[0] = [copy.pi_b[0][1], copy.pi_b[0][0]]));
    for (const forged of [swapped, negatedA, negatedC]) {
      expect(await failures(key, signals, forged)).toEqual(notRun);
    }
    expect(await failures(key, signals, swappedB)).toEqual([CHECKS.proofPoints, ...notRun]);
  });
});

describe('verification keys', () => {
  it('of another circuit are refused by both verifiers', async () => {
    expect(await failures(keyOf(randomTrapdoor(99, 3)), signals, proof)).toEqual(notRun);
  });

  it.each<[string, unknown, string]>([
    ['one IC too few', changeKey((copy) => copy.IC.pop()), CHECKS.keyFormat],
    ['one IC too many', changeKey((copy) => copy.IC.push(copy.vk_alpha_1)), CHECKS.keyFormat],
    ['an IC at infinity', changeKey((copy) => (copy.IC[3] = ['0', '1', '0'])), CHECKS.keyFormat],
    ['α at infinity', changeKey((copy) => (copy.vk_alpha_1 = ['0', '1', '0'])), CHECKS.keyFormat],
    ['an IC + q', changeKey((copy) => (copy.IC[1]![0] = plusQ(copy.IC[1]![0]))), CHECKS.keyFormat],
    ['nPublic as text', { ...key, nPublic: '3' }, CHECKS.keyFormat],
    ['nPublic of a million', { ...key, nPublic: 1_000_000 }, CHECKS.keyFormat],
    ['nPublic below zero', { ...key, nPublic: -1 }, CHECKS.keyFormat],
    ['nPublic not whole', { ...key, nPublic: 2.5 }, CHECKS.keyFormat],
    ['an IC off the curve', changeKey((copy) => (copy.IC[2]![0] = '4')), CHECKS.keyPoints],
    ['δ off the curve', changeKey((copy) => (copy.vk_delta_2[0] = ['1', '1'])), CHECKS.keyPoints],
  ])('are refused with %s', async (_, vkey, check) => {
    expect(await failures(vkey, signals, proof)).toContain(check);
  });

  it('with a γ outside the group are refused', async () => {
    const { alpha, beta, delta, ic } = trapdoor;
    const points = { alpha: g1(alpha), beta: g2(beta), delta: g2(delta), ic: ic.map(g1) };
    const vkey = keyFromPoints({ ...points, gamma: pointOutsideGroup() });
    expect(await failures(vkey, signals, proof)).toContain(CHECKS.keyPoints);
  });
});

describe('keys under which anyone can forge', () => {
  // Each forger uses the key's points only, never the trapdoor.
  const base = randomTrapdoor(31, 2);
  const wanted = [41n, 42n];
  const x = g1(combination(base, wanted));

  async function expectRefusedThoughItHolds(vkey: VerificationKey, forged: Groth16Proof): Promise<void> {
    expect(await snarkjsAccepts(vkey, wanted.map(String), forged)).toBe(true);
    // Both pairings hold; only the look at the key tells.
    expect(await failures(vkey, wanted.map(String), forged)).toEqual([CHECKS.keyStrength]);
  }

  it('γ = δ, as in a key without its second phase', async () => {
    const vkey = keyOf({ ...base, delta: base.gamma });
    const forged = proofFromPoints(g1(base.alpha), g2(base.beta), x.negate());
    await expectRefusedThoughItHolds(vkey, forged);
  });

  it('γ = −δ', async () => {
    const vkey = keyOf({ ...base, delta: -base.gamma });
    await expectRefusedThoughItHolds(vkey, proofFromPoints(g1(base.alpha), g2(base.beta), x));
  });

  it('β = γ', async () => {
    const vkey = keyOf({ ...base, beta: base.gamma });
    const a = g1(base.alpha).add(x);
    const forged = proofFromPoints(a, g2(base.gamma).add(g2(base.delta)), a);
    await expectRefusedThoughItHolds(vkey, forged);
  });

  it('β = δ', async () => {
    const vkey = keyOf({ ...base, beta: base.delta });
    const forged = proofFromPoints(x, g2(base.delta).add(g2(base.gamma)), x.add(g1(base.alpha).negate()));
    await expectRefusedThoughItHolds(vkey, forged);
  });

  it('two signals with the same point', async () => {
    const secrets = { ...base, ic: [base.ic[0]!, base.ic[1]!, base.ic[1]!] };
    const made = simulate(secrets, [42n, 41n], 8);
    await expectRefusedThoughItHolds(keyOf(secrets), made);
  });
});

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
