// Lets jobs go on that wait for an identity: when one is unlocked, and when a job begins to wait for one that is
// unlocked here already, since the question for its secret was asked just before, or while this tab stood still.
import { IDENTITY_LOCKED } from '../core/retry.ts';
import type { IdentityStore } from './identity-store.ts';
import type { Jobs } from './jobs.ts';

/** Works until what it returns is called. */
export function releaseHeldJobs(
  jobs: Pick<Jobs, 'watch' | 'retry' | 'releaseHeld'>,
  identities: Pick<IdentityStore, 'list' | 'watch'>,
): () => void {
  const unwatchIdentities = identities.watch(() => void jobs.releaseHeld().catch(() => {}));
  const unwatchJobs = jobs.watch((event) => {
    if (event.type !== 'changed' || event.job.held?.code !== IDENTITY_LOCKED) return;
    const { id, secrets } = event.job;
    identities
      .list()
      .then((all) => {
        const unlocked = new Set(all.filter((one) => one.unlocked).map((one) => one.id));
        return secrets.every(({ identityId }) => unlocked.has(identityId)) ? jobs.retry(id) : undefined;
      })
      .catch(() => {}); // Storage is down; the person can still let it go on.
  });
  return () => {
    unwatchIdentities();
    unwatchJobs();
  };
}
