// The ledger: one nullifier is spent once, whoever races, from however many tabs.
import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { makeVault, type Vault } from '../../src/browser/database.ts';
import { makeLedger } from '../../src/browser/ledger.ts';
import { FIELD_ORDER_R } from '../../src/core/groth16.ts';
import type { AcceptedClaim } from '../../src/services/verification.ts';
import { runs, testSeed } from '../helpers/scale.ts';

const open: Vault[] = [];
let names = 0;

function vault(name = `ledger-${names++}`): Vault {
  const made = makeVault(name);
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function claim(over: Partial<AcceptedClaim> = {}): AcceptedClaim {
  return {
    scope: '12',
    nullifier: '345',
    campaignName: 'Sample',
    claimantPayload: 'alice',
    acceptedAtMs: 1_000,
    ...over,
  };
}

test('two concurrent spends of one nullifier: exactly one is accepted', async () => {
  const ledger = makeLedger(vault());
  const outcomes = await Promise.all([ledger.spend(claim()), ledger.spend(claim({ acceptedAtMs: 2_000 }))]);
  expect(outcomes.sort()).toEqual(['accepted', 'already-used']);
  expect(await ledger.list()).toHaveLength(1);
});

test('two tabs racing over many claims: each (scope, nullifier) is accepted once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ scope: fc.integer({ min: 0, max: 3 }), nullifier: fc.integer({ min: 0, max: 5 }) }),
        {
          minLength: 1,
          maxLength: 30,
        },
      ),
      async (wanted) => {
        const name = `ledger-${names++}`;
        const tabs = [makeLedger(vault(name)), makeLedger(vault(name))];
        const outcomes = await Promise.all(
          wanted.map(({ scope, nullifier }, i) =>
            tabs[i % 2]!.spend(
              claim({ scope: String(scope), nullifier: String(nullifier), acceptedAtMs: i }),
            ),
          ),
        );
        const distinct = new Set(wanted.map(({ scope, nullifier }) => `${scope}/${nullifier}`));
        expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(distinct.size);
        expect(await tabs[0]!.list()).toHaveLength(distinct.size);
      },
    ),
    { seed: testSeed, numRuns: runs(15, 200) },
  );
});

test('a repeat keeps the first acceptance, and outlives the tab', async () => {
  const name = `ledger-${names++}`;
  const first = vault(name);
  await makeLedger(first).spend(claim({ claimantPayload: 'first' }));
  await first.close();
  const again = makeLedger(vault(name));
  expect(await again.spend(claim({ claimantPayload: 'second' }))).toBe('already-used');
  expect((await again.list())[0]?.claimantPayload).toBe('first');
});

test('the same nullifier under another scope is another claim', async () => {
  const ledger = makeLedger(vault());
  expect(await ledger.spend(claim())).toBe('accepted');
  expect(await ledger.spend(claim({ scope: '13' }))).toBe('accepted');
});

test('a second spelling of a nullifier is refused', async () => {
  const ledger = makeLedger(vault());
  for (const nullifier of ['0345', '+345', ' 345', '', '0x159', '-1', String(345n + FIELD_ORDER_R)]) {
    await expect(ledger.spend(claim({ nullifier }))).rejects.toMatchObject({ code: 'input.ledger-key' });
    await expect(ledger.spend(claim({ scope: nullifier }))).rejects.toMatchObject({
      code: 'input.ledger-key',
    });
  }
});

test('lists newest first, and clears', async () => {
  const ledger = makeLedger(vault());
  for (const [nullifier, acceptedAtMs] of [
    ['9', 10],
    ['1', 30],
    ['5', 20],
  ] as const) {
    await ledger.spend(claim({ nullifier, acceptedAtMs }));
  }
  expect((await ledger.list()).map((each) => each.nullifier)).toEqual(['1', '5', '9']);
  await ledger.clear();
  expect(await ledger.list()).toEqual([]);
  expect(await ledger.spend(claim({ nullifier: '1' }))).toBe('accepted');
});
