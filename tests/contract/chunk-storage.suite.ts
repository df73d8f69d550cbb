// What every ChunkStorage promises, as plain cases for Vitest and for a page in a real browser.
import type { ChunkStorage, KeptMeta } from '../../src/prover/artifacts.ts';

export interface ChunkCase {
  name: string;
  /** `another` opens the same storage once more; null where it lives only as long as its object. */
  run(storage: ChunkStorage, another: (() => Promise<ChunkStorage>) | null): Promise<void>;
}

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const meta = (sha256: string, change: Partial<KeptMeta> = {}): KeptMeta => ({
  sha256,
  bytes: 5,
  lastUsedAtMs: 7,
  complete: false,
  etag: '"v1"',
  ...change,
});

function same(found: unknown, wanted: unknown, what: string): void {
  const text = (value: unknown) => JSON.stringify(value instanceof Uint8Array ? [...value] : value);
  if (text(found) !== text(wanted)) throw new Error(`${what}: ${text(found)} instead of ${text(wanted)}`);
}

export const chunkCases: ChunkCase[] = [
  {
    name: 'gives back what was written, for each artifact its own',
    async run(storage, another) {
      await storage.write(A, 0, Uint8Array.of(1, 2));
      await storage.write(A, 12, Uint8Array.of(3));
      await storage.write(B, 0, Uint8Array.of(4));
      await storage.writeMeta(meta(A));
      await storage.writeMeta(meta(B, { complete: true, etag: null }));
      for (const opened of [storage, ...(another === null ? [] : [await another()])]) {
        same(await opened.read(A, 0), Uint8Array.of(1, 2), 'first chunk');
        same(await opened.read(A, 12), Uint8Array.of(3), 'last chunk');
        same(await opened.read(B, 0), Uint8Array.of(4), 'the other’s chunk');
        same(await opened.readMeta(A), meta(A), 'what is known');
        same(await opened.count(A), 2, 'count');
        const listed = (await opened.list()).map(({ sha256 }) => sha256).sort();
        same(listed, [A, B], 'list');
      }
    },
  },
  {
    name: 'answers undefined or nothing for what is not there',
    async run(storage) {
      same((await storage.read(A, 0)) ?? null, null, 'chunk');
      same((await storage.readMeta(A)) ?? null, null, 'meta');
      same(await storage.count(A), 0, 'count');
      same(await storage.list(), [], 'list');
      await storage.drop(A);
    },
  },
  {
    name: 'replaces what is written again, shorter or longer',
    async run(storage) {
      await storage.write(A, 0, Uint8Array.of(1, 2, 3));
      await storage.write(A, 0, Uint8Array.of(9));
      same(await storage.read(A, 0), Uint8Array.of(9), 'chunk');
      await storage.writeMeta(meta(A));
      await storage.writeMeta(meta(A, { complete: true }));
      same(await storage.readMeta(A), meta(A, { complete: true }), 'meta');
      same(await storage.count(A), 1, 'count');
    },
  },
  {
    name: 'drops one artifact and leaves the others',
    async run(storage) {
      for (const sha256 of [A, B]) {
        await storage.write(sha256, 0, Uint8Array.of(1));
        await storage.writeMeta(meta(sha256));
      }
      await storage.drop(A);
      same((await storage.read(A, 0)) ?? null, null, 'chunk');
      same((await storage.readMeta(A)) ?? null, null, 'meta');
      same(await storage.count(A), 0, 'count');
      same(await storage.read(B, 0), Uint8Array.of(1), 'the other’s chunk');
      same((await storage.list()).length, 1, 'list');
    },
  },
];
