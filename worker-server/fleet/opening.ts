// The private side of sealed inputs (src/remote/sealing.ts): keys that open, and opening.
import { webcrypto } from 'node:crypto';
import {
  aadOf,
  exact,
  keyIdOf,
  SEALING_INFO,
  type SealedFor,
  type SealingKey,
  sealedParts,
  sealingSuite,
  toBase64Url,
} from '../../src/remote/sealing.ts';

export interface OpeningKey {
  offered: SealingKey;
  privateKey: webcrypto.CryptoKey;
  /** Secret: for the key file. */
  jwk: webcrypto.JsonWebKey;
}

const { subtle } = webcrypto;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };

/** Null: another key, another job, or bytes that were changed. */
export async function open(sealed: Uint8Array, key: OpeningKey, what: SealedFor): Promise<Uint8Array | null> {
  const parts = sealedParts(sealed);
  if (parts === null) return null;
  try {
    const recipient = await sealingSuite.createRecipientContext({
      recipientKey: key.privateKey,
      enc: exact(parts.enc),
      info: exact(SEALING_INFO),
    });
    return new Uint8Array(await recipient.open(exact(parts.ciphertext), exact(aadOf(what))));
  } catch {
    return null;
  }
}

export async function makeOpeningKey(): Promise<OpeningKey> {
  const pair = await subtle.generateKey(CURVE, true, ['deriveBits']);
  return openingKeyFrom(await subtle.exportKey('jwk', pair.privateKey));
}

/** Rejects when it is not a private P-256 key. */
export async function openingKeyFrom(jwk: webcrypto.JsonWebKey): Promise<OpeningKey> {
  const { kty, crv, x, y, d } = jwk as Record<string, string>;
  const privateKey = await subtle.importKey('jwk', { kty, crv, x, y, d } as never, CURVE, true, [
    'deriveBits',
  ]);
  const publicKey = await subtle.importKey('jwk', { kty, crv, x, y } as never, CURVE, true, []);
  const point = new Uint8Array(await subtle.exportKey('raw', publicKey));
  return { offered: { id: await keyIdOf(point), publicKey: toBase64Url(point) }, privateKey, jwk };
}
