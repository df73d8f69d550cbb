// Whether a submission is the job that stands under its id, or takes that one's place.
import type { Job, JobRequest } from '../../src/core/job.ts';
import { stands } from '../jobs/view.ts';
import type { KeyRing } from './keys.ts';
import { keyOf, type Records } from './records.ts';
import type { FleetStore } from './store.ts';

export interface Anew {
  /** A submission of its id is the same job. Not if it waits and nobody can open its input any more. */
  goesOn(job: Job): Promise<boolean>;
  /** In the place of one that does not go on. */
  add(
    request: Omit<JobRequest, 'input'>,
    sealed: Uint8Array,
    over: Job | undefined,
  ): Promise<{ job: Job; added: boolean }>;
}

/** More than the head of a sealed input, which names its key. */
const HEAD_BYTES = 128;
/** Provers that lack a job's key write that down every few seconds: then it is read again. */
const TRIES = 5;

export function makeAnew(parts: { store: FleetStore; records: Records; ring: KeyRing }): Anew {
  const { store, records, ring } = parts;

  async function goesOn(job: Job): Promise<boolean> {
    if (job.state !== 'queued') return stands(job);
    const head = await records.input(keyOf(job.id), HEAD_BYTES);
    return head !== null && (await ring.knows(head));
  }

  return {
    goesOn,

    async add(request, sealed, over) {
      let taken = await store.addSealed(request, sealed, over);
      for (let left = TRIES; left > 0 && !taken.added && !(await goesOn(taken.job)); left--) {
        taken = await store.addSealed(request, sealed, taken.job);
      }
      return taken;
    },
  };
}
