// Inputs sealed to a server's key (HPKE, RFC 9180): whoever carries or keeps them sees bytes, and only a holder of
// the private key reads them. Bound to the circuit that they are for and to the job.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { GnomonError } from '../core/errors.ts';
import { cannotSeal } from './errors.ts';

/** What a server offers in its welcome. */
export interface SealingKey {
  /** The first 16 hex digits of the public key's SHA-256: who shows the one has checked the other. */
  id: string;
  /** The uncompressed P-256 point, base64url. */
  publicKey: string;
}

/** What a sealed text belongs to; opening it for anything else fails. */
export interface SealedFor {
  /** The zkey's digest. */
  circuit: string;
  jobId: string;
}

const FORMAT = 1;
const ID_BYTES = 8;
const POINT_BYTES = 65;
const HEAD_BYTES = 1 + ID_BYTES + POINT_BYTES;
export const SEALING_INFO = new TextEncoder().encode('gnomon sealed input v1');

/** P-256, since every browser's WebCrypto has it; X25519 came years later. */
export const sealingSuite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** Layout: 0x01 · key id (8) · encapsulated key (65) · ciphertext. Throws `protocol.key` when the key is not one, or
 * is not the one that its id names. */
export async function seal(text: Uint8Array, key: SealingKey, what: SealedFor): Promise<Uint8Array> {
  if (globalThis.crypto.subtle === undefined) throw cannotSeal();
  const point = fromBase64Url(key.publicKey);
  if (point.length !== POINT_BYTES || (await keyIdOf(point)) !== key.id) throw badKey();
  try {
    const recipientPublicKey = await sealingSuite.kem.deserializePublicKey(exact(point));
    const sender = await sealingSuite.createSenderContext({ recipientPublicKey, info: exact(SEALING_INFO) });
    const sealed = new Uint8Array(await sender.seal(exact(text), exact(aadOf(what))));
    const whole = new Uint8Array(HEAD_BYTES + sealed.length);
    whole[0] = FORMAT;
    whole.set(fromHex(key.id), 1);
    whole.set(new Uint8Array(sender.enc), 1 + ID_BYTES);
    whole.set(sealed, HEAD_BYTES);
    return whole;
  } catch {
    throw badKey();
  }
}

/** The parts of a sealed text, with the id of the key that opens it; null when it is none. */
export function sealedParts(
  sealed: Uint8Array,
): { keyId: string; enc: Uint8Array; ciphertext: Uint8Array } | null {
  if (sealed.length <= HEAD_BYTES || sealed[0] !== FORMAT) return null;
  return {
    keyId: toHex(sealed.subarray(1, 1 + ID_BYTES)),
    enc: sealed.subarray(1 + ID_BYTES, HEAD_BYTES),
    ciphertext: sealed.subarray(HEAD_BYTES),
  };
}

/** How a key is named: the public point's digest, so that the name cannot stand for another key. */
export async function keyIdOf(point: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', exact(point));
  return toHex(new Uint8Array(digest).subarray(0, ID_BYTES));
}

export function aadOf({ circuit, jobId }: SealedFor): Uint8Array {
  return new TextEncoder().encode(`${circuit}\n${jobId}`);
}

/** A buffer that holds these bytes and no others; Node's `slice` would share its pool. */
export function exact(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer as ArrayBuffer;
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array {
  try {
    const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  } catch {
    throw badKey();
  }
}

function badKey(): GnomonError {
  return new GnomonError('protocol.key', 'The server’s key cannot be used to seal an input.', {
    nextStep: 'Nothing was sent. Ask whoever runs the server, or use another one.',
  });
}
