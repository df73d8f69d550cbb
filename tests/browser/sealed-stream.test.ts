// A file under a passphrase: what went in comes out, whatever its pieces; anything changed, swapped or cut off is
// refused, and nothing of it can be read without the passphrase.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSealed, sealStream } from '../../src/browser/sealed-stream.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const PASSPHRASE = 'paper ink sun shadow';
/** Only as many as the test needs to see that they are used. */
const ROUNDS = 10;
const PIECE_BYTES = 2 ** 20;
const CANARY = 'canary-61803398874989484820';

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);
}

async function open(file: Blob, lengths: number[], passphrase = PASSPHRASE): Promise<Uint8Array[]> {
  const reader = await openSealed(file, passphrase, ROUNDS);
  const parts: Uint8Array[] = [];
  for (const length of lengths) parts.push(await reader.read(length));
  await reader.end();
  return parts;
}

async function changed(
  file: Blob,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): Promise<Blob> {
  return new Blob([change(new Uint8Array(await file.arrayBuffer()))]);
}

describe('a sealed file', () => {
  it('gives back what went in, at every length around a piece', async () => {
    for (const lengths of [[0], [1, 0, 7], [PIECE_BYTES], [PIECE_BYTES - 1, 2], [5, 2 * PIECE_BYTES + 3]]) {
      const parts = lengths.map(bytesOf);
      const opened = await open(await sealStream(parts, PASSPHRASE, ROUNDS), lengths);
      expect(opened.every((part, at) => Buffer.compare(part, parts[at] as Uint8Array) === 0)).toBe(true);
    }
  });

  it('shows nothing of it', async () => {
    const file = await sealStream([new TextEncoder().encode(`{"secret":"${CANARY}"}`)], PASSPHRASE, ROUNDS);
    const bytes = Buffer.from(await file.arrayBuffer());
    expect(bytes.includes(CANARY)).toBe(false);
    expect(bytes.includes(PASSPHRASE)).toBe(false);
    await expect(open(file, [1], 'another passphrase')).rejects.toMatchObject({ code: 'input.passphrase' });
    // A weak file is not taken for a usual one.
    await expect(openSealed(file, PASSPHRASE)).rejects.toMatchObject({ code: 'input.backup' });
    await expect(sealStream([], 'short')).rejects.toMatchObject({ code: 'input.passphrase' });
  });

  it('is refused with any bit flipped, and with any part of its end missing', async () => {
    const length = 300;
    const file = await sealStream([bytesOf(length)], PASSPHRASE, ROUNDS);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.size - 1), fc.nat(7), fc.boolean(), async (at, bit, cut) => {
        const bad = await changed(file, (bytes) => {
          if (cut) return bytes.slice(0, at);
          bytes[at]! ^= 1 << bit;
          return bytes;
        });
        await expect(open(bad, [length])).rejects.toThrow();
      }),
      { numRuns: runs(100, 2000), seed: testSeed },
    );
  });

  it('is refused with its pieces swapped, or whole ones left off', async () => {
    const length = 3 * PIECE_BYTES;
    const file = await sealStream([bytesOf(length)], PASSPHRASE, ROUNDS);
    const header = (await file.text()).indexOf('\n') + 1;
    const sealed = 4 + PIECE_BYTES + 16;
    const swapped = await changed(file, (bytes) => {
      const first = bytes.slice(header, header + sealed);
      bytes.copyWithin(header, header + sealed, header + 2 * sealed);
      bytes.set(first, header + sealed);
      return bytes;
    });
    const short = await changed(file, (bytes) => bytes.slice(0, header + 2 * sealed));
    for (const bad of [swapped, short]) await expect(open(bad, [length])).rejects.toThrow();
    await expect(open(short, [2 * PIECE_BYTES])).rejects.toMatchObject({ code: 'input.backup' });
    await expect(open(new Blob(['{}']), [])).rejects.toMatchObject({ code: 'input.backup' });
  });
});
