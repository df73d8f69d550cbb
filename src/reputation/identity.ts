// Semaphore v4 identities: made, imported, exported, and encrypted at rest under a passphrase. Who may see a
// decrypted one, and for how long, is up to the caller.
import { Identity } from '@semaphore-protocol/identity';
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { FieldDecimal, fromHex, toHex } from './field.ts';
import { checkShape } from './json.ts';

/** Unencrypted: keep it in memory only. */
export interface OpenIdentity {
  privateKey: Uint8Array<ArrayBuffer>;
  secretScalar: bigint;
  commitment: bigint;
}

/** OWASP's figure for PBKDF2-HMAC-SHA-256 (2023). */
export const PBKDF2_ROUNDS_MIN = 600_000;
/** A stored value must not be able to hang the page: about 20 s on a slow phone. */
const PBKDF2_ROUNDS_MAX = 10_000_000;
export const PASSPHRASE_CHARS_MIN = 8;
const KEY_BYTES = 32;
const KEY_BYTES_MAX = 1024;
const SALT_BYTES = 16;
// What AES-GCM is specified for.
const IV_BYTES = 12;

const hex = (bytes: number) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `must be ${2 * bytes} lower-case hex digits`),
  );

export const StoredIdentitySchema = v.strictObject({
  version: v.literal(1),
  commitment: FieldDecimal,
  kdf: v.literal('PBKDF2-SHA-256'),
  rounds: v.pipe(
    v.number(),
    v.integer('must be a whole number'),
    v.minValue(PBKDF2_ROUNDS_MIN, 'is fewer than 600,000'),
    v.maxValue(PBKDF2_ROUNDS_MAX, 'is more than 10 million'),
  ),
  salt: hex(SALT_BYTES),
  iv: hex(IV_BYTES),
  ciphertext: v.pipe(
    v.string(),
    v.regex(/^([0-9a-f]{2}){17,1040}$/, 'must be hex digits of the key and its tag'),
  ),
});

/** Safe to keep: the key is encrypted, the commitment is bound to it. */
export type StoredIdentity = v.InferOutput<typeof StoredIdentitySchema>;

/** A new identity from 32 random bytes; refused where there is no cryptographic randomness. */
export function createIdentity(): OpenIdentity {
  return openIdentity(randomBytes(KEY_BYTES));
}

/** From a private key of any length that Semaphore takes. */
export function openIdentity(privateKey: Uint8Array<ArrayBuffer>): OpenIdentity {
  const identity = new Identity(privateKey);
  return { privateKey, secretScalar: identity.secretScalar, commitment: identity.commitment };
}

/** Reads a Semaphore v4 export string (base64 of the private key). The error never quotes it. */
export function importIdentity(exported: string): OpenIdentity {
  const text = exported.trim();
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? fromBase64(text) : undefined;
  if (bytes === undefined || bytes.length > KEY_BYTES_MAX) {
    throw new GnomonError('input.identity', 'This is not a Semaphore export string.', {
      nextStep: 'Copy the whole string, as it was shown when you backed the identity up.',
    });
  }
  return openIdentity(bytes);
}

/** The unencrypted key as Semaphore's `identity.export()`: whoever has it can act as you. */
export function exportIdentity({ privateKey }: OpenIdentity): string {
  return btoa(String.fromCharCode(...privateKey));
}

/** AES-256-GCM under PBKDF2-SHA-256 of the passphrase, with fresh salt and IV; the commitment is
 * authenticated with it. */
export async function encryptIdentity(
  identity: OpenIdentity,
  passphrase: string,
  rounds = PBKDF2_ROUNDS_MIN,
): Promise<StoredIdentity> {
  if (passphrase.length < PASSPHRASE_CHARS_MIN) {
    throw new GnomonError(
      'input.passphrase',
      `The passphrase has fewer than ${PASSPHRASE_CHARS_MIN} characters.`,
      {
        nextStep: 'Choose a longer one; several words are easy to remember.',
      },
    );
  }
  if (!(rounds >= PBKDF2_ROUNDS_MIN && rounds <= PBKDF2_ROUNDS_MAX)) {
    throw new GnomonError('input.rounds', 'Between 600,000 and 10 million rounds are allowed.', {
      nextStep: 'Use the default.',
    });
  }
  const subtle = requireSubtle();
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const commitment = `${identity.commitment}`;
  const key = await deriveKey(subtle, passphrase, salt, rounds);
  const ciphertext = await subtle.encrypt(gcm(iv, commitment), key, identity.privateKey);
  return {
    version: 1,
    commitment,
    kdf: 'PBKDF2-SHA-256',
    rounds,
    salt: toHex(salt),
    iv: toHex(iv),
    ciphertext: toHex(new Uint8Array(ciphertext)),
  };
}

/** Refuses a wrong passphrase and anything altered, which can't be told apart. */
export async function decryptIdentity(stored: unknown, passphrase: string): Promise<OpenIdentity> {
  const { rounds, salt, iv, ciphertext, commitment } = checkShape(
    StoredIdentitySchema,
    stored,
    'stored identity',
  );
  const subtle = requireSubtle();
  const key = await deriveKey(subtle, passphrase, fromHex(salt), rounds);
  let privateKey: Uint8Array<ArrayBuffer>;
  try {
    privateKey = new Uint8Array(await subtle.decrypt(gcm(fromHex(iv), commitment), key, fromHex(ciphertext)));
  } catch {
    throw new GnomonError(
      'input.passphrase',
      'The passphrase is wrong, or the stored identity was altered.',
      {
        nextStep: 'Try again, or import the identity from its export string.',
      },
    );
  }
  return openIdentity(privateKey);
}

function gcm(iv: Uint8Array<ArrayBuffer>, commitment: string) {
  return {
    name: 'AES-GCM',
    iv,
    additionalData: new TextEncoder().encode(`gnomon/identity/v1\0${commitment}`),
  };
}

async function deriveKey(
  subtle: typeof crypto.subtle,
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
) {
  // The same passphrase typed on another system may be composed differently.
  const secret = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const base = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  return subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

// Missing on pages that are not served securely; there is no safe way around it.
function requireSubtle(): typeof crypto.subtle {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new GnomonError('input.insecure-page', 'This page can’t encrypt, so it keeps no identities.', {
      nextStep: 'Open it over https, or from localhost.',
    });
  }
  return subtle;
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (globalThis.crypto?.getRandomValues === undefined) {
    throw new GnomonError('input.no-randomness', 'There is no cryptographic randomness here.', {
      nextStep: 'Use a current browser.',
    });
  }
  return crypto.getRandomValues(new Uint8Array(length));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
