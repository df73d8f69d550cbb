// One job more like one that has ended: the same request under a new id, from the input that is still kept.
import { GnomonError } from './errors.ts';
import type { Job, JobRequest } from './job.ts';
import type { JobArchive, JobStore } from './ports.ts';

/** Rejects with `input.job-unknown`, or `input.gone` when the input has been deleted. */
export async function addAgain(
  store: JobStore & Pick<JobArchive, 'inputOf'>,
  jobId: string,
  newId: string,
): Promise<Job> {
  const job = await store.get(jobId);
  if (job === undefined) {
    throw new GnomonError('input.job-unknown', 'There is no such job on this device.', {
      nextStep: 'Start again from the claim.',
    });
  }
  const input = job.inputKept ? await store.inputOf(jobId) : null;
  if (input === null) {
    throw new GnomonError('input.gone', "This job's input has been deleted from this device.", {
      nextStep: 'Start again from the claim.',
    });
  }
  const {
    label,
    circuit,
    secrets,
    expectedPublicSignals,
    priority,
    privacy,
    sendTo,
    maxAttempts,
    keepInput,
    context,
  } = job;
  const wanted = { label, circuit, secrets, expectedPublicSignals, priority, privacy, maxAttempts, context };
  const chosen = sendTo === undefined ? {} : { sendTo };
  const request: JobRequest = { ...wanted, ...chosen, id: newId, input, keepInput };
  return (await store.add(request)).job;
}
