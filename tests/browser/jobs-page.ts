// One tab's jobs with a scripted prover, for tests/e2e/jobs-tabs-chromium.test.ts, which bundles this.
import { openJobStore } from '../../src/browser/job-store.ts';
import { makeJobs } from '../../src/browser/jobs.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import type { JobEvent } from '../../src/services/jobs.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { makeIdentity, makeScriptedBackend, scriptedVerifier } from '../helpers/scripted-prover.ts';

const PROVING_MS = 1_500;

const backend = makeScriptedBackend({
  clock: systemClock,
  script: () => ({ kind: 'prove', ms: PROVING_MS }),
});
const events: JobEvent[] = [];
const jobs = makeJobs({
  store: await openJobStore({ clock: systemClock, random: systemRandom }),
  backends: [backend],
  verifier: scriptedVerifier,
  inputs: makeIdentity(),
  clock: systemClock,
  random: systemRandom,
  locks: navigator.locks,
  page: window,
});
jobs.watch((event) => events.push(event));

Object.assign(globalThis, {
  tab: {
    submit: (id: string) => jobs.submit(requestFor(id)),
    job: (id: string) => jobs.get(id),
    cancel: (id: string) => jobs.cancel(id),
    leading: () => jobs.leading(),
    /** How many attempts this tab's prover was given. */
    proved: () => backend.seen.length,
    working: () => backend.working.size,
    succeeded: () =>
      events.filter((event) => event.type === 'changed' && event.job.state === 'succeeded').length,
    progressed: (id: string) =>
      events.filter((event) => event.type === 'progress' && event.jobId === id).length,
  },
});
