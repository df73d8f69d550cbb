// Sealed inputs: what opens them, and that nothing else does.
import { describe, expect, it } from 'vitest';
import { seal, sealedParts } from '../../src/remote/sealing.ts';
import { makeOpeningKey, open, openingKeyFrom } from '../../worker-server/fleet/opening.ts';

const what = { circuit: 'a'.repeat(64), jobId: 'job-1' };
const text = new TextEncoder().encode('{"secret":"61803398874989484820458683436563811772"}');

describe('sealed inputs', () => {
  it('open with the key they were sealed to, also after the key was kept in a file', async () => {
    const key = await makeOpeningKey();
    const sealed = await seal(text, key.offered, what);
    expect(sealedParts(sealed)?.keyId).toBe(key.offered.id);
    const again = await openingKeyFrom(JSON.parse(JSON.stringify(key.jwk)));
    expect(again.offered).toEqual(key.offered);
    expect(await open(sealed, again, what)).toEqual(text);
    // Node's buffers are windows into larger ones.
    const pooled = Buffer.concat([Buffer.from('x'), sealed, Buffer.from('y')]).subarray(1, -1);
    expect(await open(pooled, again, what)).toEqual(text);
    expect(Buffer.from(sealed).includes(Buffer.from('618033'))).toBe(false);
  });

  it('open for nothing else: another key, job or circuit, or any byte changed', async () => {
    const [key, other] = [await makeOpeningKey(), await makeOpeningKey()];
    const sealed = await seal(text, key.offered, what);
    expect(await open(sealed, other, what)).toBeNull();
    expect(await open(sealed, key, { ...what, jobId: 'job-2' })).toBeNull();
    expect(await open(sealed, key, { ...what, circuit: 'b'.repeat(64) })).toBeNull();
    // The key's id (bytes 1 to 8) only says which key to try.
    for (const at of [0, 9, 40, 73, 74, sealed.length - 1]) {
      const bad = sealed.slice();
      bad[at]! ^= 1;
      expect(await open(bad, key, what), `byte ${at}`).toBeNull();
    }
    for (const length of [0, 1, 73, 74, sealed.length - 1]) {
      expect(await open(sealed.subarray(0, length), key, what), `${length} bytes`).toBeNull();
    }
  });

  it('are not made for a key that is not the one its id names', async () => {
    const [key, other] = [await makeOpeningKey(), await makeOpeningKey()];
    const mixed = { id: key.offered.id, publicKey: other.offered.publicKey };
    await expect(seal(text, mixed, what)).rejects.toMatchObject({ code: 'protocol.key' });
    for (const publicKey of ['', '!', 'AAAA', key.offered.publicKey.slice(0, -2)]) {
      await expect(seal(text, { ...key.offered, publicKey }, what)).rejects.toMatchObject({
        code: 'protocol.key',
      });
    }
  });
});
