// A scope belongs to the first campaign file it was used under, whoever asks and however often.
import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeVault } from '../../src/browser/database.ts';
import { makeScopeStore } from '../../src/browser/scopes.ts';
import { runs, testSeed } from '../helpers/scale.ts';

let vaults = 0;
const freshName = () => `scopes-test-${vaults++}`;

describe('scopes', () => {
  it('is new once, the same after, and another for a second campaign file', async () => {
    const store = makeScopeStore(makeVault(freshName()));
    expect(await store.claimFor('7', 'aa')).toBe('new');
    expect(await store.claimFor('7', 'aa')).toBe('same');
    expect(await store.claimFor('7', 'bb')).toBe('other');
    expect(await store.claimFor('7', 'aa')).toBe('same');
    expect(await store.claimFor('8', 'bb')).toBe('new');
  });

  it('survives closing the connection and is shared by two of them', async () => {
    const name = freshName();
    const first = makeVault(name);
    await makeScopeStore(first).claimFor('7', 'aa');
    await first.close();
    expect(await makeScopeStore(first).claimFor('7', 'bb')).toBe('other');
    expect(await makeScopeStore(makeVault(name)).claimFor('7', 'aa')).toBe('same');
  });

  it('lets exactly one of several tabs be first, like a plain map asked one at a time', async () => {
    const asked = fc.array(
      fc.record({
        tab: fc.nat({ max: 2 }),
        scope: fc.constantFrom('1', '2', '3'),
        digest: fc.constantFrom('a', 'b'),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(asked, async (questions) => {
        const name = freshName();
        const tabs = [0, 1, 2].map(() => makeScopeStore(makeVault(name)));
        const answers = await Promise.all(questions.map((q) => tabs[q.tab]!.claimFor(q.scope, q.digest)));
        for (const scope of ['1', '2', '3']) {
          const about = questions
            .map((q, i) => ({ ...q, answer: answers[i]! }))
            .filter((q) => q.scope === scope);
          const firsts = about.filter((q) => q.answer === 'new');
          expect(firsts.length).toBe(about.length === 0 ? 0 : 1);
          for (const q of about) {
            if (q.answer === 'new') continue;
            expect(q.answer).toBe(q.digest === firsts[0]!.digest ? 'same' : 'other');
          }
        }
      }),
      { numRuns: runs(30, 500), seed: testSeed },
    );
  });
});

describe('the vault', () => {
  it('gives way to a newer version in another tab and says what to do afterwards', async () => {
    const name = freshName();
    const vault = makeVault(name);
    await makeScopeStore(vault).claimFor('7', 'aa');
    const newer = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 99);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    await expect(makeScopeStore(vault).claimFor('8', 'aa')).rejects.toMatchObject({
      code: 'resource.storage-newer',
      nextStep: expect.stringContaining('Reload'),
    });
    newer.close();
  });

  it('does not remember a failed opening', async () => {
    const name = freshName();
    const real = indexedDB.open.bind(indexedDB);
    const vault = makeVault(name);
    indexedDB.open = () => {
      throw new DOMException('no', 'SecurityError');
    };
    try {
      await expect(makeScopeStore(vault).claimFor('7', 'aa')).rejects.toMatchObject({
        code: 'resource.storage-unavailable',
      });
    } finally {
      indexedDB.open = real;
    }
    expect(await makeScopeStore(vault).claimFor('7', 'aa')).toBe('new');
  });
});
