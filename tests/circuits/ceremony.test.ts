// A whole ceremony on a small circuit, with powers of tau made on the spot; and what it refuses.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curves, groth16, powersOfTau } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyBeacon,
  contribute,
  installCeremonyKey,
  newCeremony,
  verifyCeremony,
} from '../../circuits/ceremony.ts';
import { makeDevelopmentKey } from '../../circuits/dev-key.ts';
import { readManifest } from '../../circuits/manifest-file.ts';
import { checkPtau } from '../../circuits/ptau.ts';
import { readTranscript } from '../../circuits/zkey-transcript.ts';
import { isDevelopmentKey } from '../../src/core/development-key.ts';
import { CUBIC, OTHER_CUBIC } from '../helpers/circuits-fixture.ts';
import { scratchFolder } from '../helpers/circuits-variants.ts';
import { wtnsFile } from '../helpers/circuits-witness.ts';

const folder = scratchFolder();
const at = (name: string) => join(folder, name);
const BEACON = '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const refusal = (code: string) => expect.objectContaining({ name: 'GnomonError', code });

async function makePtau(name: string, power: number): Promise<string> {
  const curve = await curves.getCurveFromName('bn128');
  await powersOfTau.newAccumulator(curve, power, at(`${name}-0`));
  await powersOfTau.contribute(at(`${name}-0`), at(`${name}-1`), 'first', `${name} entropy`);
  await powersOfTau.beacon(at(`${name}-1`), at(`${name}-2`), 'beacon', BEACON, 10);
  await powersOfTau.preparePhase2(at(`${name}-2`), at(name));
  return at(name);
}

/** A copy with one bit flipped, at a share of its length. */
function damaged(path: string, share: number): string {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * share)]! ^= 1;
  writeFileSync(`${path}.damaged`, bytes);
  return `${path}.damaged`;
}

describe('a ceremony', () => {
  const r1cs = at('cubic.r1cs');
  const closed = at('cubic-3.zkey');
  let ptau: string;
  let hashes: string[];

  beforeAll(async () => {
    writeFileSync(r1cs, CUBIC.file);
    writeFileSync(at('other.r1cs'), OTHER_CUBIC.file);
    ptau = await makePtau('ptau', 4);
    await newCeremony(r1cs, ptau, at('cubic-0.zkey'));
    hashes = [
      await contribute(at('cubic-0.zkey'), at('cubic-1.zkey'), 'ada'),
      await contribute(at('cubic-1.zkey'), at('cubic-2.zkey'), 'bo', undefined, 'typed by hand'),
    ];
    await applyBeacon(at('cubic-2.zkey'), closed, BEACON);
    writeFileSync(at('dev.zkey'), (await makeDevelopmentKey(CUBIC.file)).zkey);
  });

  afterAll(async () => {
    await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate();
  });

  test('ends in a verified key, a manifest entry with its transcript, and proofs that verify', async () => {
    copyFileSync(r1cs, at('cubic-out.r1cs'));
    writeFileSync(at('cubic-out.wasm'), 'the calculator is not under test');
    const entry = await installCeremonyKey({
      id: 'cubic-out',
      capacity: null,
      publicSignals: ['y', 'u'],
      ptau,
      zkey: closed,
      outFolder: folder,
    });
    expect((await readManifest(folder)).circuits).toEqual([entry]);
    expect(entry).toMatchObject({ setup: 'ceremony', constraints: 2, domain: 8 });
    expect(entry.ceremony).toMatchObject({
      'ptau checked by': 'powersoftau verify',
      'contribution 1 ada': hashes[0],
      'contribution 2 bo': hashes[1],
      beacon: BEACON,
      'beacon iterations': '2^10',
    });
    const vkey = JSON.parse(readFileSync(at('cubic-out.vkey.json'), 'utf8')) as {
      vk_alpha_1: [string, string, string];
    };
    expect(isDevelopmentKey(vkey)).toBe(false);
    const { proof, publicSignals } = await groth16.prove(
      at('cubic-out.zkey'),
      wtnsFile(CUBIC.witness(2n, 9n)),
    );
    expect(await groth16.verify(vkey, publicSignals, proof)).toBe(true);
  });

  test('refuses a key of another circuit, of other powers of tau, or a damaged one', async () => {
    const invalid = refusal('circuit.ceremony-invalid');
    await expect(verifyCeremony(at('other.r1cs'), ptau, closed)).rejects.toEqual(invalid);
    await expect(verifyCeremony(r1cs, await makePtau('ptau-other', 4), closed)).rejects.toEqual(invalid);
    for (const share of [0.3, 0.5, 0.7]) {
      await expect(verifyCeremony(r1cs, ptau, damaged(closed, share))).rejects.toThrow();
    }
    await expect(verifyCeremony(r1cs, ptau, closed)).resolves.toBeDefined();
  });

  test('refuses a development key at every step', async () => {
    const development = refusal('circuit.ceremony-development');
    await expect(contribute(at('dev.zkey'), at('no.zkey'), 'eve')).rejects.toEqual(development);
    await expect(applyBeacon(at('dev.zkey'), at('no.zkey'), BEACON)).rejects.toEqual(development);
    await expect(verifyCeremony(r1cs, ptau, at('dev.zkey'))).rejects.toEqual(development);
  });

  test('refuses a key that nobody contributed to, or that no beacon closed', async () => {
    const open = refusal('circuit.ceremony-open');
    await expect(verifyCeremony(r1cs, ptau, at('cubic-0.zkey'))).rejects.toEqual(open);
    await expect(verifyCeremony(r1cs, ptau, at('cubic-2.zkey'))).rejects.toEqual(open);
    await applyBeacon(at('cubic-0.zkey'), at('beacon-only.zkey'), BEACON);
    await expect(verifyCeremony(r1cs, ptau, at('beacon-only.zkey'))).rejects.toEqual(open);
  });

  test('refuses powers of tau that are too small, damaged, without contribution, or something else', async () => {
    await expect(checkPtau(ptau, 32)).rejects.toEqual(refusal('artifact.ptau-too-small'));
    await expect(checkPtau(damaged(ptau, 0.4), 8)).rejects.toEqual(refusal('artifact.ptau-invalid'));
    await expect(checkPtau(at('ptau-0'), 8)).rejects.toEqual(refusal('artifact.ptau-invalid'));
    await expect(checkPtau(r1cs, 8)).rejects.toEqual(refusal('artifact.ptau-not-ptau'));
    await expect(checkPtau(at('absent'), 8)).rejects.toEqual(refusal('artifact.ptau-not-ptau'));
    // Verified, but not prepared for phase 2.
    await expect(newCeremony(r1cs, at('ptau-2'), at('no.zkey'))).rejects.toEqual(
      refusal('circuit.ceremony-new'),
    );
    await expect(checkPtau(ptau, 16)).resolves.toMatchObject({ power: 4, by: 'powersoftau verify' });
  });

  test('refuses a beacon that is no beacon', async () => {
    const bad = refusal('circuit.ceremony-beacon');
    await expect(applyBeacon(at('cubic-2.zkey'), at('no.zkey'), 'xyz')).rejects.toEqual(bad);
    await expect(applyBeacon(at('cubic-2.zkey'), at('no.zkey'), BEACON, 9)).rejects.toEqual(bad);
  });

  test('answers damaged zkeys with a typed error', async () => {
    const bytes = readFileSync(closed);
    for (let length = 0; length < bytes.length; length += 97) {
      writeFileSync(at('short.zkey'), bytes.subarray(0, length));
      await expect(readTranscript(at('short.zkey'))).rejects.toEqual(refusal('artifact.bad-zkey'));
    }
  });
});
