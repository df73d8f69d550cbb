// The strict verifier and keys: of another circuit, damaged, and those under which anyone can forge.
import { describe, expect, it } from 'vitest';
import type { Groth16Proof, VerificationKey } from '../../src/core/groth16.ts';
import { CHECKS, verdictOf, verifyStrictly } from '../../src/prover/strict-verify.ts';
import {
  combination,
  g1,
  g2,
  keyFromPoints,
  keyOf,
  plusQ,
  pointOutsideGroup,
  proofFromPoints,
  randomTrapdoor,
  simulate,
} from './simulated-proof.ts';
import {
  changeKey,
  failures,
  key,
  notRun,
  proof,
  signals,
  snarkjsAccepts,
  trapdoor,
} from './verified-proof.ts';

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
    // Both pairings hold; only the look at the key tells, also where a verifier breaks down over it.
    expect(await failures(vkey, wanted.map(String), forged)).toEqual([CHECKS.keyStrength]);
    const broken = () => Promise.reject(new RangeError('out of memory'));
    const verification = await verifyStrictly(vkey, wanted.map(String), forged, {}, broken);
    expect(verdictOf(verification)).toMatchObject({ ok: false, reason: 'invalid-proof' });
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
