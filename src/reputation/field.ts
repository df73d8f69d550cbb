// Field elements as files hold them (canonical decimals), and texts hashed into the field.
import { keccak_256 } from '@noble/hashes/sha3.js';
import * as v from 'valibot';
import { FIELD_ORDER_R } from '../core/groth16.ts';

const DECIMAL = /^(0|[1-9]\d{0,76})$/;

/** True for the one spelling of each element: decimal, no leading zeros, below the field's order. */
export function isFieldDecimal(text: string): boolean {
  return DECIMAL.test(text) && BigInt(text) < FIELD_ORDER_R;
}

export const FieldDecimal = v.pipe(
  v.string(),
  v.check(isFieldDecimal, 'must be a decimal number below the field’s order, without leading zeros'),
);

/** keccak256 of the parts, read big-endian and shifted right by 8 bits, so that it fits the field. */
export function hashToField(...parts: (string | Uint8Array)[]): bigint {
  const hash = keccak_256.create();
  const encoder = new TextEncoder();
  for (const part of parts) hash.update(typeof part === 'string' ? encoder.encode(part) : part);
  return bytesToBigInt(hash.digest()) >> 8n;
}

/** Big-endian. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes) || '0'}`);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Lower-case hex without 0x, of even length; the caller has checked that it is. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
