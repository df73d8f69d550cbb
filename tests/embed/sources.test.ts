// How the library tells files apart: the same name for the same bytes only, whatever they come from, and nothing read
// that is not needed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Checksum } from '../../src/embed/checksum.ts';
import { versionOf } from '../../src/embed/fetched.ts';
import { openSource } from '../../src/embed/sources.ts';
import type { FileSource } from '../../src/embed/types.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const sumOf = (bytes: Uint8Array) => {
  const sum = new Checksum(Uint32Array.of(1, 2));
  sum.add(bytes);
  return sum.text;
};
const nameOf = async (source: FileSource) => {
  const opened = await openSource(source, 'file');
  return opened.name().finally(() => opened.close());
};

describe('a checksum', () => {
  it('changes with every byte, wherever it lies, and with the length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 70 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, change) => {
          const other = bytes.slice();
          const index = at % bytes.length;
          other[index] = other[index]! ^ change;
          expect(sumOf(other)).not.toBe(sumOf(bytes));
          expect(sumOf(Uint8Array.of(...bytes, 0))).not.toBe(sumOf(bytes));
          // A view at an odd place.
          expect(sumOf(Uint8Array.of(9, ...bytes).subarray(1))).toBe(sumOf(bytes));
        },
      ),
      { seed: testSeed, numRuns: runs(500, 20_000) },
    );
  });

  it('is seeded anew in each process, and the same within one', () => {
    const sum = () => {
      const own = new Checksum();
      own.add(Uint8Array.of(1, 2, 3));
      return own.text;
    };
    expect(sum()).toBe(sum());
    expect(sum()).not.toBe(sumOf(Uint8Array.of(1, 2, 3)));
  });
});

describe('the name of a file', () => {
  it('follows the bytes in memory, also when they are changed in place', async () => {
    const bytes = Uint8Array.from({ length: 3_000_001 }, (_, i) => i % 251);
    const before = await nameOf(bytes);
    expect(await nameOf({ type: 'mem', data: bytes.slice() })).toBe(before);
    expect(await nameOf(bytes.buffer)).toBe(before);
    bytes[2_999_999]! ^= 1;
    expect(await nameOf(bytes)).not.toBe(before);
  });

  it('follows a path’s content', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gnomon-sources-'));
    try {
      const path = join(folder, 'key');
      writeFileSync(path, 'one');
      const before = await nameOf(path);
      expect(await nameOf({ type: 'file', fileName: path })).toBe(before);
      expect(await nameOf(new URL(`file://${path}`))).toBe(before);
      writeFileSync(path, 'two');
      expect(await nameOf(path)).not.toBe(before);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is a blob’s own', async () => {
    const [one, other] = [new Blob(['a']), new Blob(['a'])];
    expect(await nameOf(one)).toBe(await nameOf(one));
    expect(await nameOf(other)).not.toBe(await nameOf(one));
  });

  it('is the version that a server tells, and without one the content', async () => {
    let [content, tag]: [string, string | null] = ['one', '"1"'];
    const server = createServer((_, response) => {
      response.writeHead(200, tag === null ? {} : { etag: tag });
      response.end(content);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/key`;
      const first = await nameOf(url);
      expect(await nameOf(url)).toBe(first);
      [content, tag] = ['two', '"2"'];
      expect(await nameOf(url)).not.toBe(first);
      tag = null;
      const untold = await nameOf(url);
      expect(await nameOf(url)).toBe(untold);
      content = 'owt';
      expect(await nameOf(url)).not.toBe(untold);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('trusts no weak tag and no fresh date', () => {
    const version = (headers: Record<string, string>) => versionOf(new Headers(headers));
    const [then, now] = ['Sat, 28 Nov 2026 04:00:00 GMT', 'Sat, 28 Nov 2026 05:00:00 GMT'];
    expect(version({ etag: '"a"' })).toBe('"a"');
    expect(version({ etag: 'W/"a"' })).toBeUndefined();
    expect(version({ 'last-modified': then, date: now })).toBeDefined();
    expect(version({ 'last-modified': now, date: now })).toBeUndefined();
    expect(version({ 'last-modified': then })).toBeUndefined();
    expect(version({})).toBeUndefined();
  });
});

it('reads parts of a file as they are, from every kind of source', async () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) % 256);
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-sources-'));
  try {
    const path = join(folder, 'key');
    writeFileSync(path, bytes);
    for (const source of [bytes, bytes.buffer, new Blob([bytes]), path] satisfies FileSource[]) {
      const opened = await openSource(source, 'file');
      const file = await opened.file();
      const part = await file.read(1000, 37);
      expect([file.bytes, part]).toEqual([5000, bytes.subarray(1000, 1037)]);
      // The reader's own: what becomes of it does not change the file.
      part.fill(0);
      expect(await opened.bytes()).toEqual(bytes);
      opened.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
