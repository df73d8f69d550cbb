// The verdict on a finished proof is the conjunction of its checks, and nothing else.
import { describe, expect, it } from 'vitest';
import { DEVELOPMENT_ALPHA_1 } from '../../src/core/development-key.ts';
import { GnomonError } from '../../src/core/errors.ts';
import type { VerificationKey } from '../../src/core/groth16.ts';
import { checkProof } from '../../src/ui/pages/proof/check-proof.ts';
import { circuit, job, result } from './proof-fixtures.ts';

const vkey = (alpha: string) => ({ vk_alpha_1: [alpha, '2', '1'] }) as VerificationKey;
const circuits = (alpha = '1') => ({ vkey: async () => vkey(alpha) });
const verifier = (...oks: boolean[]) => ({
  verify: async () => oks.map((ok, at) => ({ name: `check ${at}`, ok, detail: '' })),
});
const asked = (expectedPublicSignals: string[] | null) => job('succeeded', { expectedPublicSignals });

describe('the verdict', () => {
  it('needs every check, and at least one', async () => {
    const verdict = async (...oks: boolean[]) =>
      (await checkProof(asked(null), circuits(), verifier(...oks))).ok;
    expect(await verdict(true, true)).toBe(true);
    expect(await verdict(true, false)).toBe(false);
    expect(await verdict()).toBe(false);
  });

  it('compares every public signal with what was asked', async () => {
    const { publicSignals } = result;
    const verdict = (expected: string[]) => checkProof(asked(expected), circuits(), verifier(true));
    expect((await verdict(publicSignals)).ok).toBe(true);
    expect((await verdict(publicSignals.slice(1))).ok).toBe(false);
    expect((await verdict([...publicSignals, '0'])).ok).toBe(false);
    for (let at = 0; at < publicSignals.length; at++) {
      const other = await verdict(publicSignals.with(at, '9'));
      expect(other.ok).toBe(false);
      expect(other.checks.at(-1)).toMatchObject({ name: 'What was asked', ok: false });
    }
  });

  it('knows a development key by its numbers, whatever the circuit says', async () => {
    const real = asked(null);
    real.circuit = { ...circuit, setup: 'ceremony' };
    expect((await checkProof(real, circuits(DEVELOPMENT_ALPHA_1[0]), verifier(true))).developmentKey).toBe(
      true,
    );
    expect((await checkProof(asked(null), circuits('5'), verifier(true))).developmentKey).toBe(false);
  });

  it('is none where the checks could not be made to the end', async () => {
    const unverified = new GnomonError('resource.unverified', 'Not to the end.', {
      nextStep: 'Free memory.',
    });
    const short = { verify: () => Promise.reject(unverified) };
    await expect(checkProof(asked(null), circuits(), short)).rejects.toBe(unverified);
  });

  it('is refused while there is no proof', async () => {
    await expect(checkProof(job('running'), circuits(), verifier(true))).rejects.toMatchObject({
      code: 'input.no-proof',
    });
  });
});
