// Inputs at rest, encrypted with a key that no script can read out. It guards what is left behind: deleted
// bytes stay in a browser's files for a while, and files are copied and searched. It does not guard against
// who holds the whole profile: the browser keeps the key there too.
import type { CircuitInput } from '../core/groth16.ts';
import type { KeptInput } from '../core/store-engine.ts';

/** What storage holds of an encrypted input. */
interface SealedInput {
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

/** 96 random bits for each message, as AES-GCM wants them (NIST SP 800-38D, 8.2.2): safe for 2³² inputs. */
const IV_BYTES = 12;

/** A new key, or null where the platform has no encryption (a page that is not served securely). */
export async function makeSealKey(): Promise<CryptoKey | null> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  return (await subtle?.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])) ?? null;
}

/** Bound to its job: moved to another, it cannot be read. */
export async function sealInput(key: CryptoKey, jobId: string, input: CircuitInput): Promise<SealedInput> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(input));
  const sealed = await crypto.subtle.encrypt(algorithm(iv, jobId), key, plain);
  plain.fill(0);
  return { iv, sealed };
}

/** Null: another key's, another job's, or damaged. */
export async function unsealInput(
  key: CryptoKey | null,
  jobId: string,
  kept: KeptInput,
): Promise<CircuitInput | null> {
  if (!isSealed(kept)) return kept as CircuitInput;
  if (key === null) return null;
  try {
    const plain = await crypto.subtle.decrypt(algorithm(kept.iv, jobId), key, kept.sealed);
    return JSON.parse(new TextDecoder().decode(plain)) as CircuitInput;
  } catch {
    return null;
  }
}

/** Signals are texts and lists, so an input in plain is never taken for a sealed one. */
export function isSealed(kept: KeptInput): kept is SealedInput {
  return typeof kept === 'object' && kept !== null && 'sealed' in kept && kept.sealed instanceof ArrayBuffer;
}

function algorithm(iv: Uint8Array<ArrayBuffer>, jobId: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(jobId) };
}
