// Kept identities: encrypted in IndexedDB, unlocked only in this tab's memory, and forgotten with it. How a
// key is made and encrypted is reputation/identity.ts; here is who may have it and when.

import { GnomonError } from '../core/errors.ts';
import { systemRandom } from '../core/system.ts';
import { nullifierOf } from '../reputation/claim.ts';
import { isDemoCommitment } from '../reputation/demo.ts';
import {
  createIdentity,
  decryptIdentity,
  encryptIdentity,
  exportIdentity,
  importIdentity,
  type OpenIdentity,
} from '../reputation/identity.ts';
import { registrationLine } from '../reputation/registration.ts';
import type { IdentitiesService, IdentitySummary } from '../services/identities.ts';
import type { IdentityRecord, Vault } from './database.ts';

export interface IdentityStore extends IdentitiesService {
  /** The circuit's secret, decimal, for an attempt that starts now. Rejects with `input.identity-locked` or
   * `input.identity-unknown`. */
  secretFor(id: string): Promise<string>;
}

/** Tells the other tabs that something changed; carries nothing else. */
export interface ChangeChannel {
  tell(): void;
  onTold(listener: () => void): void;
}

export interface IdentityStoreOptions {
  nowMs?: () => number;
  newId?: () => string;
  /** None: other tabs learn of changes when they next ask. */
  channel?: ChangeChannel;
}

export function makeIdentityStore(vault: Vault, options: IdentityStoreOptions = {}): IdentityStore {
  const { nowMs = Date.now, newId = () => systemRandom.id(), channel } = options;
  const open = new Map<string, OpenIdentity>();
  /** Grows with each lock, so that a slow unlock that began earlier does not undo it. */
  const locks = new Map<string, number>();
  const listeners = new Set<() => void>();

  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  const changed = () => {
    channel?.tell();
    notify();
  };
  channel?.onTold(() => {
    // Another tab may have removed an identity that is unlocked here.
    records().then(
      (kept) => {
        for (const id of [...open.keys()]) if (!kept.some((record) => record.id === id)) forget(id);
        notify();
      },
      () => notify(),
    );
  });

  const records = () => vault.use((database) => database.getAll('identities'));

  async function record(id: string): Promise<IdentityRecord> {
    const found = await vault.use((database) => database.get('identities', id));
    if (found === undefined) throw unknownIdentity();
    return found;
  }

  function forget(id: string): void {
    locks.set(id, (locks.get(id) ?? 0) + 1);
    // The bytes can be wiped; what BigInts and strings left behind is up to the garbage collector.
    open.get(id)?.privateKey.fill(0);
    open.delete(id);
  }

  /** Also asks storage: a removal in another tab counts at once, not when its message arrives. */
  async function unlocked(id: string): Promise<OpenIdentity> {
    const { name } = await record(id);
    const identity = open.get(id);
    if (identity !== undefined) return identity;
    throw new GnomonError('input.identity-locked', `The identity ${name} is locked.`, {
      nextStep: 'Unlock it with its passphrase, then go on.',
    });
  }

  function summary(kept: IdentityRecord): IdentitySummary {
    const { id, name, commitment, createdAtMs, backedUp, demo } = kept;
    return { id, name, commitment, createdAtMs, backedUp, demo, unlocked: open.has(id) };
  }

  async function keep(
    identity: OpenIdentity,
    givenName: string,
    passphrase: string,
    backedUp: boolean,
  ): Promise<IdentitySummary> {
    const name = givenName.trim();
    if (name === '') {
      throw new GnomonError('input.identity-name', 'The identity has no name.', {
        nextStep: 'Give it a name that tells you what it is for.',
        where: 'name',
      });
    }
    const kept: IdentityRecord = {
      id: newId(),
      name,
      commitment: `${identity.commitment}`,
      createdAtMs: nowMs(),
      backedUp,
      demo: isDemoCommitment(identity.commitment, [name]),
      sealed: await encryptIdentity(identity, passphrase),
    };
    await vault.use(async (database) => {
      const transaction = database.transaction('identities', 'readwrite', { durability: 'strict' });
      const known = await transaction.store.index('commitment').get(kept.commitment);
      if (known === undefined) await transaction.store.add(kept);
      await transaction.done;
      if (known !== undefined) throw alreadyKept(known.name);
    });
    open.set(kept.id, identity);
    changed();
    return summary(kept);
  }

  return {
    async list() {
      const kept = await records();
      return kept.sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1)).map(summary);
    },
    create: (name, passphrase) => keep(createIdentity(), name, passphrase, false),
    // Whoever has the export string has a backup.
    importExported: async (exported, name, passphrase) =>
      keep(importIdentity(exported), name, passphrase, true),
    async unlock(id, passphrase) {
      const before = locks.get(id) ?? 0;
      const { sealed } = await record(id);
      const identity = await decryptIdentity(sealed, passphrase);
      if ((locks.get(id) ?? 0) !== before) return;
      open.set(id, identity);
      notify();
    },
    async lock(id) {
      forget(id);
      notify();
    },
    async exportString(id, passphrase) {
      const { sealed } = await record(id);
      const exported = exportIdentity(await decryptIdentity(sealed, passphrase));
      await vault.use(async (database) => {
        const transaction = database.transaction('identities', 'readwrite', { durability: 'strict' });
        const now = await transaction.store.get(id);
        if (now !== undefined) await transaction.store.put({ ...now, backedUp: true });
        await transaction.done;
      });
      changed();
      return exported;
    },
    async nullifier(id, scope) {
      return `${nullifierOf(BigInt(scope), (await unlocked(id)).secretScalar)}`;
    },
    async signRegistration(id, campaignId, subject) {
      return registrationLine(await unlocked(id), campaignId, subject);
    },
    async remove(id) {
      forget(id);
      await vault.use(async (database) => {
        const transaction = database.transaction('identities', 'readwrite', { durability: 'strict' });
        await transaction.store.delete(id);
        await transaction.done;
      });
      changed();
    },
    async secretFor(id) {
      return `${(await unlocked(id)).secretScalar}`;
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Reaches the other tabs of this origin. */
export function makeIdentityChannel(name = 'gnomon-identities'): ChangeChannel {
  const channel = new BroadcastChannel(name);
  return {
    tell: () => channel.postMessage(null),
    onTold: (listener) => channel.addEventListener('message', () => listener()),
  };
}

function unknownIdentity(): GnomonError {
  return new GnomonError('input.identity-unknown', 'This identity is not on this device.', {
    nextStep: 'Import it from its export string, or choose another.',
  });
}

function alreadyKept(name: string): GnomonError {
  return new GnomonError('input.identity-known', `This identity is kept here already, as ${name}.`, {
    nextStep: 'Use that one; unlock it with its own passphrase.',
  });
}
