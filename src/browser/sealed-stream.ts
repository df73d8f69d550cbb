// A file of any size under a passphrase, sealed and opened piece by piece, so that neither needs it in memory at
// once. Pieces can be neither changed, swapped, nor cut off: each nonce holds its number and whether it is the last
// (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance", 2015).
import * as v from 'valibot';
import { GnomonError } from '../core/errors.ts';
import { fromBase64, toBase64 } from './backup-values.ts';

const FORMAT = 'gnomon-backup';
const VERSION = 2;
/** As for identities: OWASP's figure for PBKDF2-HMAC-SHA-256 (2023). */
const ROUNDS = 600_000;
const ROUNDS_MAX = 10_000_000;
const PIECE_BYTES = 2 ** 20;
const TAG_BYTES = 16;
const HEADER_BYTES_MAX = 1_000;
const PASSPHRASE_CHARS_MIN = 8;

const HeaderSchema = v.object({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  kdf: v.literal('PBKDF2-SHA-256'),
  rounds: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(ROUNDS_MAX)),
  salt: v.string(),
});

/** One line of JSON, then pieces: four bytes of length, then ciphertext. `rounds` is for tests: a file of fewer
 * than usual is refused by those who do not say so too. */
export async function sealStream(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  passphrase: string,
  rounds = ROUNDS,
): Promise<Blob> {
  if (passphrase.length < PASSPHRASE_CHARS_MIN) {
    throw new GnomonError('input.passphrase', 'The passphrase has fewer than 8 characters.', {
      nextStep: 'Choose a longer one; several words are easy to remember.',
    });
  }
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const header = new TextEncoder().encode(
    `${JSON.stringify({ format: FORMAT, version: VERSION, kdf: 'PBKDF2-SHA-256', rounds, salt: toBase64(salt) })}\n`,
  );
  const key = await deriveKey(passphrase, salt, rounds);
  const sealed: Blob[] = [new Blob([header])];
  const add = async (piece: Uint8Array<ArrayBuffer>, last: boolean) => {
    const algorithm = gcm(header, sealed.length - 1, last);
    const ciphertext = await crypto.subtle.encrypt(algorithm, key, piece);
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, ciphertext.byteLength);
    // A Blob, which the browser may keep on disk.
    sealed.push(new Blob([length.buffer, ciphertext]));
  };
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) {
      if (filled === PIECE_BYTES) {
        await add(piece, false);
        piece = new Uint8Array(PIECE_BYTES);
        filled = 0;
      }
      const taken = Math.min(PIECE_BYTES - filled, part.length - at);
      piece.set(part.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
    }
  }
  await add(piece.slice(0, filled), true);
  return new Blob(sealed, { type: 'application/octet-stream' });
}

export interface SealedReader {
  /** Exactly so many bytes. */
  read(bytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes sure that this is the end, as it was sealed. */
  end(): Promise<void>;
}

/** Rejects with `input.backup` for other files, and `input.passphrase` when the first piece cannot be opened. */
export async function openSealed(file: Blob, passphrase: string, roundsMin = ROUNDS): Promise<SealedReader> {
  const { header, rounds, salt } = await readHeader(file, roundsMin);
  const key = await deriveKey(passphrase, salt, rounds);
  let offset = header.length;
  let number = 0;
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  let ended = false;

  async function next(): Promise<void> {
    if (ended) throw cutShort();
    const length = await sliceOf(file, offset, 4);
    const bytes = new DataView(length.buffer).getUint32(0);
    if (bytes > PIECE_BYTES + TAG_BYTES) throw altered();
    const ciphertext = await sliceOf(file, offset + 4, bytes);
    offset += 4 + bytes;
    ended = offset === file.size;
    const opened = crypto.subtle.decrypt(gcm(header, number, ended), key, ciphertext);
    const plain = await opened.catch(() => {
      throw number === 0 ? wrongPassphrase() : altered();
    });
    number++;
    rest = new Uint8Array(plain);
  }

  await next();
  return {
    async read(bytes) {
      const out = new Uint8Array(bytes);
      for (let at = 0; at < bytes; ) {
        if (rest.length === 0) await next();
        const taken = Math.min(rest.length, bytes - at);
        out.set(rest.subarray(0, taken), at);
        rest = rest.subarray(taken);
        at += taken;
      }
      return out;
    },
    async end() {
      if (rest.length > 0 || !ended) throw altered();
    },
  };
}

async function readHeader(
  file: Blob,
  roundsMin: number,
): Promise<{ header: Uint8Array<ArrayBuffer>; rounds: number; salt: Uint8Array<ArrayBuffer> }> {
  const start = new Uint8Array(await file.slice(0, HEADER_BYTES_MAX).arrayBuffer());
  const length = start.indexOf(10) + 1;
  const header = start.slice(0, length);
  const parsed = v.safeParse(HeaderSchema, readJson(new TextDecoder().decode(header)));
  if (!parsed.success || parsed.output.rounds < roundsMin) {
    throw new GnomonError('input.backup', 'This file is not a backup that this version of Gnomon can open.', {
      nextStep: 'Choose the file that "Export everything" saved.',
    });
  }
  return { header, rounds: parsed.output.rounds, salt: fromBase64(parsed.output.salt) };
}

async function sliceOf(file: Blob, from: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (from + bytes > file.size) throw cutShort();
  return new Uint8Array(await file.slice(from, from + bytes).arrayBuffer());
}

function gcm(header: Uint8Array<ArrayBuffer>, number: number, last: boolean): AesGcmParams {
  const nonce = new DataView(new ArrayBuffer(12));
  nonce.setUint32(7, number);
  nonce.setUint8(11, last ? 1 : 0);
  return { name: 'AES-GCM', iv: new Uint8Array(nonce.buffer), additionalData: header };
}

async function deriveKey(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<CryptoKey> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new GnomonError('input.insecure-page', 'This page can’t encrypt, so it makes no backups.', {
      nextStep: 'Open it over https, or from localhost.',
    });
  }
  // The same passphrase typed on another system may be composed differently.
  const secret = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const base = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  const kdf: Pbkdf2Params = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return subtle.deriveKey(kdf, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

function wrongPassphrase(): GnomonError {
  return new GnomonError('input.passphrase', 'The passphrase is wrong, or the file was altered.', {
    nextStep: 'Try again with the passphrase that the file was saved under.',
  });
}

function altered(): GnomonError {
  return new GnomonError('input.backup', 'This backup was altered or damaged.', {
    nextStep: 'Take another copy of it. Nothing was brought back.',
  });
}

function cutShort(): GnomonError {
  return new GnomonError('input.backup', 'This backup is cut short.', {
    nextStep: 'Copy the whole file again. Nothing was brought back.',
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
