// Bugs that a simulation must notice: a test that cannot fail proves nothing. Each breaks one rule of the
// scheduler's design.
import { outcomeOfFailure } from '../../src/core/retry.ts';
import type { PlantedBug } from './simulate.ts';

export const plantedBugs: PlantedBug[] = [
  {
    name: 'a commit with a stale token is taken',
    rules: (right) => ({
      ...right,
      finish(job, holder, ref, outcome, nowMs) {
        if (job.lease === null) return right.finish(job, holder, ref, outcome, nowMs);
        const current = { ...ref, token: job.lease.token };
        return right.finish(job, { ...holder, ownerId: job.lease.ownerId }, current, outcome, nowMs);
      },
    }),
  },
  {
    name: 'a replaced leader is not fenced off',
    store: (right) => ({
      ...right,
      commit: (holder, lease, outcome) =>
        right.commit({ ...holder, epoch: Number.POSITIVE_INFINITY }, lease, outcome),
    }),
  },
  {
    name: 'a late result revives a cancelled job',
    rules: (right) => ({
      ...right,
      finish(job, holder, ref, outcome, nowMs) {
        if (job.state !== 'cancelled') return right.finish(job, holder, ref, outcome, nowMs);
        const lease = { ...ref, ...holder, durationMs: 1, expiresAtMs: nowMs };
        return right.finish({ ...job, state: 'running', lease }, holder, ref, outcome, nowMs);
      },
    }),
  },
  {
    name: 'a lease that holds is taken away',
    rules: (right) => ({ ...right, isStalled: (job) => job.state === 'running' }),
  },
  {
    name: 'a stalled job is never taken back',
    rules: (right) => ({ ...right, isStalled: () => false }),
  },
  {
    name: 'a crashed job is tried on the same rung',
    rules: (right) => ({
      ...right,
      expire: (job, nowMs) => ({ ...right.expire(job, nowMs), rung: 'engine-threaded' }),
    }),
  },
  {
    name: 'crashes do not count as attempts',
    rules: (right) => ({
      ...right,
      expire: (job, nowMs) => {
        const expired = right.expire(job, nowMs);
        return { ...expired, attemptsUsed: expired.attemptsUsed - 1 };
      },
    }),
  },
  {
    name: 'priorities are ignored',
    rules: (right) => ({ ...right, compareWaiting: (a, b) => a.sequence - b.sequence }),
  },
  {
    name: 'waiting does not count (LOW starves)',
    rules: (right) => ({
      ...right,
      compareWaiting: (a, b) => b.priority - a.priority || a.sequence - b.sequence,
    }),
  },
  {
    name: 'within a priority the last come is served first',
    rules: (right) => ({
      ...right,
      accept: (request, sequence, nowMs) => right.accept(request, -sequence, nowMs),
    }),
  },
  {
    name: 'the back-off is not waited out',
    rules: (right) => ({ ...right, isAvailable: (job) => job.state === 'queued' && job.held === null }),
  },
  {
    name: 'the back-off has no cap',
    scheduler: () => ({
      decide: (job, error, random) => {
        const outcome = outcomeOfFailure(job, error, random);
        return outcome.kind === 'retry' ? { ...outcome, delayMs: 1_000 * 2 ** job.attemptsUsed } : outcome;
      },
    }),
  },
  {
    name: 'errors that cannot be mended are retried',
    scheduler: () => ({
      decide: (job, error, random) => outcomeOfFailure(job, { ...error, retryable: true }, random),
    }),
  },
  {
    name: 'attempts are not counted',
    rules: (right) => ({
      ...right,
      begin: (job, ...rest) => ({ ...right.begin(job, ...rest), attemptsUsed: job.attemptsUsed }),
    }),
  },
  {
    name: 'proofs are not verified',
    scheduler: () => ({ verifier: { verify: async () => ({ ok: true }) } }),
  },
  {
    name: 'only the signals are compared, the proof is not checked',
    scheduler: ({ verifier }) => ({
      verifier: {
        async verify(request, signal) {
          const verdict = await verifier.verify(request, signal);
          return !verdict.ok && verdict.reason === 'invalid-proof' ? { ok: true } : verdict;
        },
      },
    }),
  },
  {
    name: 'the same id submitted again starts the job anew',
    store: (right) => ({
      ...right,
      async add(request) {
        await right.remove(request.id);
        return right.add(request);
      },
    }),
  },
  {
    name: 'a held job is lost with its identity',
    rules: (right) => ({
      ...right,
      retry: (job, sequence, nowMs) => (job.held ? null : right.retry(job, sequence, nowMs)),
    }),
  },
  {
    name: 'a held job is claimed',
    rules: (right) => ({
      ...right,
      finish(job, holder, ref, outcome, nowMs) {
        const written = right.finish(job, holder, ref, outcome, nowMs);
        if (outcome.kind !== 'held' || !written.ok) return written;
        return { ok: true, job: { ...written.job, held: null } };
      },
    }),
  },
  {
    name: 'an accepted job is lost when its attempts fail',
    store: (right) => ({
      ...right,
      async commit(holder, lease, outcome) {
        const written = await right.commit(holder, lease, outcome);
        if (written.ok && outcome.kind === 'failed') await right.remove(lease.jobId);
        return written;
      },
    }),
  },
  {
    name: 'inputs are kept after success',
    rules: (right) => ({
      ...right,
      finish(job, holder, ref, outcome, nowMs) {
        const written = right.finish(job, holder, ref, outcome, nowMs);
        if (!written.ok || outcome.kind !== 'succeeded') return written;
        return { ok: true, job: { ...written.job, inputKept: true } };
      },
    }),
  },
  {
    name: 'a clock set back freezes a back-off',
    rules: (right) => ({
      ...right,
      isAvailable: (job, nowMs) => right.isAvailable(job, nowMs) && job.availableAtMs <= nowMs,
    }),
  },
  {
    name: 'a token is used twice',
    rules: (right) => ({
      ...right,
      begin: (job, holder, grant, ...rest) => right.begin(job, holder, { ...grant, token: 'token' }, ...rest),
    }),
  },
  {
    name: 'a paused job is claimed',
    store: (right) => ({
      ...right,
      async claim(holder, options) {
        for (const job of await right.list({ states: ['queued'] })) {
          if (job.paused) await right.setPaused(job.id, false);
        }
        return right.claim(holder, options);
      },
    }),
  },
  {
    name: 'a paused queue gives out jobs',
    rules: (right) => ({ ...right, isOpen: () => true }),
  },
  {
    name: 'a paused job keeps its lease and runs on',
    rules: (right) => ({
      ...right,
      setPaused(job, paused, nowMs) {
        const after = right.setPaused(job, paused, nowMs);
        return job.state === 'running' && after !== null
          ? { ...job, paused, revision: after.revision }
          : after;
      },
    }),
  },
  {
    name: 'unlocking an identity lets paused jobs go on',
    rules: (right) => ({
      ...right,
      retry(job, sequence, nowMs) {
        const after = right.retry(job, sequence, nowMs);
        return after === null ? null : { ...after, paused: false };
      },
    }),
  },
];
