// Kept identities: what is stored gives nothing away, what is unlocked stays in one tab's memory.
import 'fake-indexeddb/auto';
import { serialize } from 'node:v8';
import { Identity } from '@semaphore-protocol/identity';
import { poseidon2 } from 'poseidon-lite/poseidon2';
import { describe, expect, it } from 'vitest';
import { makeVault, type Vault } from '../../src/browser/database.ts';
import { type ChangeChannel, makeIdentityStore } from '../../src/browser/identity-store.ts';
import { demoPrivateKey } from '../../src/reputation/demo.ts';
import { isRegistered } from '../../src/reputation/registration.ts';

const PASSPHRASE = 'correct horse battery staple';
let vaults = 0;
const freshName = () => `identities-test-${vaults++}`;
const storeOn = (vault: Vault = makeVault(freshName())) => makeIdentityStore(vault);

/** Tabs that hear one another, as BroadcastChannel does it. */
function makeChannels(): () => ChangeChannel {
  const ends: { listeners: (() => void)[] }[] = [];
  return () => {
    const end = { listeners: [] as (() => void)[] };
    ends.push(end);
    return {
      tell: () => {
        for (const other of ends) if (other !== end) for (const listener of other.listeners) listener();
      },
      onTold: (listener) => end.listeners.push(listener),
    };
  };
}

/** Every way in which a key or a number may be written down. */
function spellings(secret: bigint | Uint8Array): (string | Buffer)[] {
  const bytes =
    typeof secret === 'bigint'
      ? Buffer.from(secret.toString(16).padStart(64, '0'), 'hex')
      : Buffer.from(secret);
  const reversed = Buffer.from(bytes).reverse();
  const number = typeof secret === 'bigint' ? secret : BigInt(`0x${bytes.toString('hex')}`);
  return [
    bytes,
    reversed,
    ...[bytes, reversed].flatMap((one) => [
      one.toString('hex'),
      one.toString('hex').toUpperCase(),
      one.toString('base64'),
      one.toString('base64url'),
    ]),
    `${number}`,
    number.toString(16),
  ];
}

/** Where a secret's spellings are found in what the vault holds, as bytes and as text. */
async function found(name: string, secrets: readonly (bigint | Uint8Array)[]): Promise<string[]> {
  const stored = await makeVault(name).use(async (database) => {
    const parts: unknown[] = [];
    for (const store of database.objectStoreNames) {
      parts.push(await database.getAll(store), await database.getAllKeys(store));
    }
    return parts;
  });
  const haystacks = [serialize(stored), Buffer.from(JSON.stringify(stored)), Buffer.from(`${stored}`)];
  return secrets
    .flatMap(spellings)
    .filter((needle) => haystacks.some((haystack) => haystack.includes(needle)))
    .map(String);
}

describe('what is stored', () => {
  it('holds no spelling of the key, the secret or the passphrase, at any time', async () => {
    const name = freshName();
    const store = storeOn(makeVault(name));
    const canary = new Identity('canary-key-0123456789abcdefghij!');
    const key = Buffer.from(canary.export(), 'base64');
    const secrets = [canary.secretScalar, key, new TextEncoder().encode(PASSPHRASE)];

    const kept = await store.importExported(canary.export(), 'Canary', PASSPHRASE);
    expect(await store.secretFor(kept.id)).toBe(`${canary.secretScalar}`);
    await store.signRegistration(kept.id, 'airdrop-1', 'alice');
    await store.nullifier(kept.id, '5');
    expect(await store.exportString(kept.id, PASSPHRASE)).toBe(canary.export());
    await store.lock(kept.id);
    await store.unlock(kept.id, PASSPHRASE);
    expect(await found(name, secrets)).toEqual([]);
    // The search itself works: the commitment is there, in the clear.
    expect(await found(name, [canary.commitment])).not.toEqual([]);
    expect(kept.commitment).toBe(`${canary.commitment}`);
  });

  it('is asked for with strict durability', async () => {
    const vault = makeVault(freshName());
    const asked: (string | undefined)[] = [];
    const spy: Vault = {
      ...vault,
      use: (work) =>
        vault.use((database) => {
          const real = database.transaction.bind(database) as typeof database.transaction;
          const spied = new Proxy(database, {
            get(target, key) {
              if (key !== 'transaction') return Reflect.get(target, key, target);
              return (...args: Parameters<typeof real>) => {
                if (args[1] === 'readwrite') asked.push(args[2]?.durability);
                return real(...args);
              };
            },
          });
          return work(spied);
        }),
    };
    const store = makeIdentityStore(spy);
    const { id } = await store.create('One', PASSPHRASE);
    await store.exportString(id, PASSPHRASE);
    await store.remove(id);
    expect(asked).toEqual(['strict', 'strict', 'strict']);
  });
});

describe('an identity', () => {
  it('is made unlocked, kept across a reload locked, and opened again by its passphrase only', async () => {
    const vault = makeVault(freshName());
    const before = storeOn(vault);
    const made = await before.create(' Mine ', PASSPHRASE);
    expect(made).toMatchObject({ name: 'Mine', backedUp: false, unlocked: true, demo: false });
    const secret = await before.secretFor(made.id);

    const after = storeOn(vault);
    expect(await after.list()).toEqual([{ ...made, unlocked: false }]);
    await expect(after.secretFor(made.id)).rejects.toMatchObject({
      code: 'input.identity-locked',
      nextStep: expect.stringContaining('Unlock'),
    });
    await expect(after.nullifier(made.id, '5')).rejects.toMatchObject({ code: 'input.identity-locked' });
    await expect(after.signRegistration(made.id, 'c', 's')).rejects.toMatchObject({
      code: 'input.identity-locked',
    });
    const wrong = after.unlock(made.id, `${PASSPHRASE}!`);
    await expect(wrong).rejects.toMatchObject({
      code: 'input.passphrase',
      message: expect.stringMatching(/wrong/),
    });
    expect((await after.list())[0]?.unlocked).toBe(false);
    await after.unlock(made.id, PASSPHRASE);
    expect(await after.secretFor(made.id)).toBe(secret);
    await after.lock(made.id);
    await expect(after.secretFor(made.id)).rejects.toMatchObject({ code: 'input.identity-locked' });
  });

  it('counts as backed up once its export string was given out, and never for a wrong passphrase', async () => {
    const store = storeOn();
    const made = await store.create('Mine', PASSPHRASE);
    await expect(store.exportString(made.id, 'not the passphrase')).rejects.toMatchObject({
      code: 'input.passphrase',
    });
    expect((await store.list())[0]?.backedUp).toBe(false);
    const exported = await store.exportString(made.id, PASSPHRASE);
    expect(`${Identity.import(exported).commitment}`).toBe(made.commitment);
    expect((await store.list())[0]?.backedUp).toBe(true);
  });

  it('gives the nullifier and the signature that Semaphore and the campaign expect', async () => {
    const store = storeOn();
    const identity = new Identity('somebody');
    const { id } = await store.importExported(identity.export(), 'Somebody', PASSPHRASE);
    expect(await store.nullifier(id, '5')).toBe(`${poseidon2([5n, identity.secretScalar])}`);
    const line = await store.signRegistration(id, 'airdrop-1', 'Alice, the first');
    const [, commitment, signature] = /^"Alice, the first",(\d+),([0-9a-f]+)$/.exec(line) ?? [];
    expect(commitment).toBe(`${identity.commitment}`);
    const registration = { commitment: identity.commitment, signature: signature ?? '' };
    expect(isRegistered('airdrop-1', { subject: 'Alice, the first', ...registration })).toBe(true);
    expect(isRegistered('airdrop-2', { subject: 'Alice, the first', ...registration })).toBe(false);
  });

  it('is kept once: a second import is refused by name, even at the same moment', async () => {
    const name = freshName();
    const tabs = [storeOn(makeVault(name)), storeOn(makeVault(name))];
    const exported = new Identity('somebody').export();
    const results = await Promise.allSettled(
      tabs.map((tab, at) => tab.importExported(exported, `Tab ${at}`, PASSPHRASE)),
    );
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(results.find((one) => one.status === 'rejected')?.reason).toMatchObject({
      code: 'input.identity-known',
      message: expect.stringMatching(/as Tab [01]/),
    });
    expect(await tabs[0]!.list()).toHaveLength(1);
  });

  it('is marked when it is a demo', async () => {
    const store = storeOn();
    const exported = (subject: string) => Buffer.from(demoPrivateKey(subject)).toString('base64');
    expect((await store.importExported(exported('alice'), 'alice', PASSPHRASE)).demo).toBe(true);
    // Also under another name, when it is of someone in the sample.
    expect((await store.importExported(exported('Marlow'), 'Mine', PASSPHRASE)).demo).toBe(true);
    expect((await store.create('Marlow', PASSPHRASE)).demo).toBe(false);
  });

  it('says what is wrong with a bad name, passphrase, export string or id, and keeps nothing', async () => {
    const store = storeOn();
    await expect(store.create('  ', PASSPHRASE)).rejects.toMatchObject({ code: 'input.identity-name' });
    await expect(store.create('Mine', 'short')).rejects.toMatchObject({ code: 'input.passphrase' });
    const bad = store.importExported('no such string', 'Mine', PASSPHRASE);
    await expect(bad).rejects.toMatchObject({ code: 'input.identity' });
    await expect(bad).rejects.not.toThrow(/no such string/);
    await expect(store.unlock('nobody', PASSPHRASE)).rejects.toMatchObject({
      code: 'input.identity-unknown',
    });
    await expect(store.secretFor('nobody')).rejects.toMatchObject({ code: 'input.identity-unknown' });
    expect(await store.list()).toEqual([]);
  });
});

describe('locking and removing', () => {
  it('wins over an unlock that began before', async () => {
    const vault = makeVault(freshName());
    const { id } = await storeOn(vault).create('Mine', PASSPHRASE);
    const store = storeOn(vault);
    const unlocking = store.unlock(id, PASSPHRASE);
    await store.lock(id);
    await unlocking;
    await expect(store.secretFor(id)).rejects.toMatchObject({ code: 'input.identity-locked' });
  });

  it('reaches the other tabs: removed in one, forgotten in all', async () => {
    const name = freshName();
    const channel = makeChannels();
    const [one, two] = [0, 1].map(() => makeIdentityStore(makeVault(name), { channel: channel() }));
    const { id } = await one!.create('Mine', PASSPHRASE);
    await two!.unlock(id, PASSPHRASE);
    const heard = new Promise<void>((resolve) => void two!.watch(resolve));
    await one!.remove(id);
    await heard;
    for (const tab of [one!, two!]) {
      expect(await tab.list()).toEqual([]);
      await expect(tab.secretFor(id)).rejects.toMatchObject({ code: 'input.identity-unknown' });
    }
  });
});

describe('watching', () => {
  it('tells of every change until it is ended', async () => {
    const store = storeOn();
    let told = 0;
    const end = store.watch(() => told++);
    const { id } = await store.create('Mine', PASSPHRASE);
    expect(told).toBe(1);
    await store.lock(id);
    await store.unlock(id, PASSPHRASE);
    await store.exportString(id, PASSPHRASE);
    expect(told).toBe(4);
    await store.remove(id);
    expect(told).toBe(5);
    end();
    await store.create('Other', PASSPHRASE);
    expect(told).toBe(5);
  });
});
