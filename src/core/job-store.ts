// The JobStore over any engine with transactions: memory (memory-engine.ts) and IndexedDB
// (browser/job-store.ts) differ in where bytes lie, and share everything that decides.
import { allRunning, nextWaiting, reclaimStalled } from './claiming.ts';
import { type ErrorData, GnomonError } from './errors.ts';
import type { CircuitInput } from './groth16.ts';
import type { Job } from './job.ts';
import type {
  AttemptOutcome,
  Claim,
  ClaimOptions,
  Clock,
  Holder,
  JobArchive,
  JobStore,
  LeaseRef,
  Random,
  StoreEvent,
  Written,
} from './ports.ts';
import type { KeptInput, StoreEngine, StoreTransaction } from './store-engine.ts';
import { type JobRules, jobRules } from './transitions.ts';

type FoundClaim =
  | { refusal: 'fenced' }
  | { claim: (Omit<Claim, 'input'> & { kept: KeptInput }) | null; nextDueAtMs: number | null };

/** How many jobs one transaction restores: each is durable at its end, and none holds up a claim for long. */
const RESTORED_AT_ONCE = 200;

/** See JobStore for what each method promises. `rules` is for tests that plant bugs. */
export function createJobStore(
  engine: StoreEngine,
  clock: Clock,
  random: Random,
  rules: JobRules = jobRules,
): JobStore & JobArchive {
  /** Runs work in a transaction and announces what it put, once it is durable. */
  async function write<T>(
    durability: 'strict' | 'relaxed',
    work: (tx: StoreTransaction, put: (job: Job, before?: Job) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const events: StoreEvent[] = [];
    const result = await engine.write(durability, (tx) =>
      work(tx, async (job, before) => {
        events.push({ type: 'changed', job });
        await tx.put(job);
        if (before?.inputKept && !job.inputKept) await tx.deleteInput(job.id);
      }),
    );
    // Only renewals are relaxed, and nobody waits for news of them.
    if (durability === 'strict') engine.announce(events);
    return result;
  }

  async function nextSequence(tx: StoreTransaction): Promise<number> {
    const meta = await tx.getMeta();
    await tx.putMeta({ ...meta, sequence: meta.sequence + 1 });
    return meta.sequence + 1;
  }

  /** Applies a rule that may say "nothing to do" (null). */
  function change(jobId: string, rule: (job: Job) => Job | null): Promise<Job | undefined> {
    return write('strict', async (tx, put) => {
      const before = await tx.get(jobId);
      if (before === undefined) return undefined;
      const after = rule(before);
      if (after === null) return before;
      await put(after, before);
      return after;
    });
  }

  /** Applies a rule to a leased job, if epoch and token allow. */
  function writeLeased(
    durability: 'strict' | 'relaxed',
    holder: Holder,
    lease: LeaseRef,
    rule: (job: Job) => Written,
  ): Promise<Written> {
    return write(durability, async (tx, put) => {
      if ((await tx.getMeta()).epoch > holder.epoch) return { ok: false, refusal: 'fenced' };
      const before = await tx.get(lease.jobId);
      if (before === undefined) return { ok: false, refusal: 'unknown-job' };
      const written = rule(before);
      if (written.ok) await put(written.job, before);
      return written;
    });
  }

  function commit(holder: Holder, lease: LeaseRef, outcome: AttemptOutcome): Promise<Written> {
    return writeLeased('strict', holder, lease, (job) =>
      rules.finish(job, holder, lease, outcome, clock.nowMs()),
    );
  }

  function claimKept(holder: Holder, options: ClaimOptions): Promise<FoundClaim> {
    return write<FoundClaim>('strict', async (tx, put) => {
      const meta = await tx.getMeta();
      if (meta.epoch > holder.epoch) return { refusal: 'fenced' };
      const nowMs = clock.nowMs();
      const leaseEndsMs = await reclaimStalled(tx, put, rules, holder, nowMs);
      if (!rules.isOpen(meta)) return { claim: null, nextDueAtMs: null };
      for (;;) {
        const found = await nextWaiting(tx, rules, options, nowMs);
        if (found.next === null) {
          const dueMs = Math.min(found.availableMs, leaseEndsMs);
          return { claim: null, nextDueAtMs: Number.isFinite(dueMs) ? dueMs : null };
        }
        const { job: before, placed } = found.next;
        const kept = await tx.getInput(before.id);
        if (kept === undefined) {
          await put(rules.loseInput(before, nowMs), before);
          continue;
        }
        const token = random.id();
        const job = rules.begin(before, holder, { token, durationMs: options.leaseMs }, placed, nowMs);
        await put(job, before);
        return { claim: { job, kept, lease: { jobId: job.id, token } }, nextDueAtMs: null };
      }
    });
  }

  /** A storage that fails here must not leave the job leased to nobody who runs it. */
  async function unsealOrRelease(
    holder: Holder,
    lease: LeaseRef,
    kept: KeptInput,
  ): Promise<CircuitInput | null> {
    try {
      return await engine.unseal(lease.jobId, kept);
    } catch (thrown) {
      await commit(holder, lease, { kind: 'released' });
      throw thrown;
    }
  }

  return {
    beginEpoch(_ownerId) {
      return engine.write('strict', async (tx) => {
        const meta = await tx.getMeta();
        await tx.putMeta({ ...meta, epoch: meta.epoch + 1 });
        return meta.epoch + 1;
      });
    },

    releaseOwner(ownerId) {
      return write('strict', async (tx, put) => {
        for (const job of await allRunning(tx)) {
          const after = rules.handBack(job, ownerId, clock.nowMs());
          if (after !== null) await put(after, job);
        }
      });
    },

    async add(request) {
      const kept = await engine.seal(request.id, request.input);
      return write('strict', async (tx, put) => {
        const known = await tx.get(request.id);
        if (known !== undefined) return { job: known, added: false };
        const job = rules.accept(request, await nextSequence(tx), clock.nowMs());
        await tx.putInput(job.id, kept);
        await put(job);
        return { job, added: true };
      });
    },

    async claim(holder, options) {
      for (;;) {
        const found = await claimKept(holder, options);
        if ('refusal' in found) return found;
        if (found.claim === null) return { claim: null, nextDueAtMs: found.nextDueAtMs };
        const { kept, ...claim } = found.claim;
        const input = await unsealOrRelease(holder, claim.lease, kept);
        if (input !== null) return { claim: { ...claim, input }, nextDueAtMs: null };
        await commit(holder, claim.lease, { kind: 'failed', error: unreadable() });
      }
    },

    renew: (holder, lease) =>
      writeLeased('relaxed', holder, lease, (job) => rules.renew(job, holder, lease, clock.nowMs())),

    commit,

    cancel: (jobId) => change(jobId, (job) => rules.cancel(job, clock.nowMs())),

    retry(jobId) {
      return write('strict', async (tx, put) => {
        const before = await tx.get(jobId);
        if (before === undefined) {
          throw new GnomonError('input.job-unknown', 'There is no such job on this device.', {
            nextStep: 'Start again from the claim.',
          });
        }
        const after = rules.retry(before, await nextSequence(tx), clock.nowMs());
        if (after === null) return before;
        await put(after, before);
        return after;
      });
    },

    setPriority: (jobId, priority) => change(jobId, (job) => rules.setPriority(job, priority)),

    setPaused: (jobId, paused) => change(jobId, (job) => rules.setPaused(job, paused, clock.nowMs())),

    keepHere: (jobId, isElsewhere) => change(jobId, (job) => rules.keepHere(job, isElsewhere, clock.nowMs())),

    async setQueuePaused(paused) {
      const changed = await engine.write('strict', async (tx) => {
        const meta = await tx.getMeta();
        if (meta.paused !== paused) await tx.putMeta({ ...meta, paused });
        return meta.paused !== paused;
      });
      if (changed) engine.announce([{ type: 'queue', paused }]);
    },

    queuePaused: () => engine.write('relaxed', async (tx) => (await tx.getMeta()).paused),

    async remove(jobId) {
      await engine.write('strict', async (tx) => {
        await tx.delete(jobId);
        await tx.deleteInput(jobId);
      });
      engine.announce([{ type: 'removed', jobId }]);
    },

    async forgetInput(jobId) {
      await change(jobId, rules.forgetInput);
    },

    async inputOf(jobId) {
      const kept = await engine.write('relaxed', (tx) => tx.getInput(jobId));
      return kept === undefined ? null : engine.unseal(jobId, kept);
    },

    async restore(entries) {
      let added = 0;
      for (let at = 0; at < entries.length; at += RESTORED_AT_ONCE) {
        const some = entries.slice(at, at + RESTORED_AT_ONCE);
        const sealed = await Promise.all(
          some.map(({ job, input }) => (input === null ? null : engine.seal(job.id, input))),
        );
        await write('strict', async (tx, put) => {
          for (const [nth, { job }] of some.entries()) {
            if ((await tx.get(job.id)) !== undefined) continue;
            const input = sealed[nth] ?? null;
            const restored = rules.restore(job, input !== null, await nextSequence(tx), clock.nowMs());
            if (restored.inputKept) await tx.putInput(job.id, input);
            await put(restored);
            added++;
          }
        });
      }
      return added;
    },

    get: (jobId) => engine.get(jobId),
    list: (options = {}) => engine.list(options),
    watch: (listener) => engine.watch(listener),
    close: () => engine.close(),
  };
}

function unreadable(): ErrorData {
  return new GnomonError('internal.input-unreadable', "This job's input can no longer be decrypted.", {
    nextStep: 'Start again from the claim.',
  }).toData();
}
