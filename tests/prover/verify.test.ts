// The strict verifier against every forgery of signals and points that trust.md names and some more, on keys whose
// secrets the tests know. Where snarkjs' own verify accepts a forgery, the test shows that it does.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import type { Groth16Proof } from '../../src/core/groth16.ts';
import { CHECKS, verdictOf, verifyStrictly } from '../../src/prover/strict-verify.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import {
  combination,
  keyOf,
  negated,
  plusQ,
  plusR,
  pointOutsideGroup,
  randomTrapdoor,
  rerandomised,
  scalars,
  simulate,
} from './simulated-proof.ts';
import { change, failures, key, notRun, proof, signals, snarkjsAccepts } from './verified-proof.ts';

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

describe('a verifier that breaks down', () => {
  const broken = () => Promise.reject(new RangeError('WebAssembly.Memory(): could not allocate memory'));

  it('leaves a proof that the other one accepts undecided: nobody is blamed for it', async () => {
    const verification = await verifyStrictly(key, signals, proof, {}, broken);
    expect(verification.valid).toBe(false);
    expect(() => verdictOf(verification)).toThrow(expect.objectContaining({ code: 'resource.unverified' }));
  });

  it('saves no proof that is wrong', async () => {
    const wrong = ['8', ...signals.slice(1)];
    const verification = await verifyStrictly(key, wrong, proof, {}, broken);
    expect(verification.valid).toBe(false);
    expect(verdictOf(verification)).toMatchObject({ ok: false, reason: 'invalid-proof' });
  });

  it('leaves a proof of something else what it is: sure to be refused, and no worse', async () => {
    const expected = { publicSignals: ['8', ...signals.slice(1)] };
    for (const second of [null, broken]) {
      const other = await verifyStrictly(key, signals, proof, expected, second);
      expect(verdictOf(other)).toMatchObject({ ok: false, reason: 'signals-differ' });
    }
  });
});
