// Fills a job's secret signals in memory when an attempt starts: from unlocked identities, or, for demos,
// from the published seed.
import { GnomonError } from '../core/errors.ts';
import type { CircuitInput } from '../core/groth16.ts';
import type { SecretReference } from '../core/job.ts';
import type { InputResolver } from '../core/ports.ts';
import { DEMO_SEED, demoKeyPair } from '../reputation/demo.ts';
import type { IdentityStore } from './identity-store.ts';

const DEMO_PREFIX = `demo:${DEMO_SEED}:`;

export function makeInputResolver(identities: Pick<IdentityStore, 'secretFor'>): InputResolver {
  const secretOf = async ({ identityId }: SecretReference): Promise<string> => {
    if (identityId.startsWith(DEMO_PREFIX)) {
      return demoKeyPair(identityId.slice(DEMO_PREFIX.length)).secretScalar.toString();
    }
    if (identityId.startsWith('demo:')) {
      throw new GnomonError(
        'input.identity-unknown',
        'This demo identity comes from another version of Gnomon.',
        {
          nextStep: 'Take the sample again.',
        },
      );
    }
    return identities.secretFor(identityId);
  };
  return {
    async resolve(secrets) {
      const filled: CircuitInput = {};
      for (const reference of secrets) filled[reference.signal] = await secretOf(reference);
      return filled;
    },
  };
}
