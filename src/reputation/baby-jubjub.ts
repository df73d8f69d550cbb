// Semaphore v4's keys in bulk: the same secret scalars, public keys and signature checks as
// @semaphore-protocol/identity (the tests hold them together), about fifty times as fast, which a demo of
// 5,858 people and a campaign's table of registrations need. One person's identity uses Semaphore's own code.
import { babyjubjub } from '@noble/curves/misc.js';
import { blake512 } from '@noble/hashes/blake1.js';
import { poseidon } from './poseidon.ts';

// noble's base point is Base8 of EIP-2494, a generator of the subgroup.
const { Point } = babyjubjub;
let table: typeof Point.BASE | undefined;

// A table of 8-bit windows makes each multiplication three times as fast and takes 30 ms to make, so only when
// it is first needed. A point of our own: BASE is shared with whoever else uses noble.
function base(): typeof Point.BASE {
  table ??= Point.fromAffine(Point.BASE.toAffine()).precompute(8, false);
  return table;
}

export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

export interface KeyPair {
  secretScalar: bigint;
  commitment: bigint;
}

/** As Semaphore v4 derives them: BLAKE-512 of the private key, pruned, divided by 8. For published keys only:
 * the multiplication takes its time by the key's digits, which nearly halves it. */
export function deriveKeyPair(privateKey: Uint8Array): KeyPair {
  const bytes = blake512(privateKey).slice(0, 32);
  bytes[0]! &= 0xf8;
  bytes[31]! &= 0x7f;
  bytes[31]! |= 0x40;
  const secretScalar = (littleEndian(bytes) >> 3n) % SUBGROUP_ORDER;
  return { secretScalar, commitment: commitmentAt(base().multiplyUnsafe(secretScalar)) };
}

export interface Signature {
  publicKey: [bigint, bigint];
  r8: [bigint, bigint];
  s: bigint;
}

/** EdDSA-Poseidon: S·B = R8 + 8·h·A with h = Poseidon5(R8, A, message); false for anything off the curve. */
export function isSigned(message: bigint, { publicKey, r8, s }: Signature): boolean {
  if (s >= SUBGROUP_ORDER || s === 0n) return false;
  try {
    const a = Point.fromAffine({ x: publicKey[0], y: publicKey[1] });
    const r = Point.fromAffine({ x: r8[0], y: r8[1] });
    a.assertValidity();
    r.assertValidity();
    // A key of small order would have signed everything.
    if (!a.isTorsionFree() || a.is0()) return false;
    const h = (poseidon([...r8, ...publicKey, message]) * 8n) % SUBGROUP_ORDER;
    return base()
      .multiplyUnsafe(s)
      .equals(r.add(a.multiplyUnsafe(h)));
  } catch {
    // noble throws on coordinates that are out of range or off the curve.
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The commitment of whoever knows this secret scalar (below the subgroup's order). */
export function commitmentOf(secretScalar: bigint): bigint {
  return commitmentAt(base().multiply(secretScalar));
}

function commitmentAt(publicKey: typeof Point.BASE): bigint {
  const { x, y } = publicKey.toAffine();
  return poseidon([x, y]);
}
