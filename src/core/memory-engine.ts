// Jobs in memory: the reference store. Transactions run one after another, and write all or nothing.
import type { CircuitInput } from './groth16.ts';
import type { Job, Priority } from './job.ts';
import { createJobStore } from './job-store.ts';
import { createListeners } from './listeners.ts';
import type { Clock, JobArchive, JobStore, Random, StoreEvent } from './ports.ts';
import { makeSortedLane, type SortedLane } from './sorted-lane.ts';
import {
  FIRST_META,
  type KeptInput,
  type Lane,
  laneOf,
  type StoreEngine,
  type StoreMeta,
} from './store-engine.ts';
import type { JobRules } from './transitions.ts';

/** A JobStore that lives as long as the process. */
export function createMemoryStore(clock: Clock, random: Random, rules?: JobRules): JobStore & JobArchive {
  return createJobStore(createMemoryEngine(), clock, random, rules);
}

function createMemoryEngine(): StoreEngine {
  const jobs = new Map<string, Job>();
  const inputs = new Map<string, KeptInput>();
  const lanes = new Map<string, SortedLane>();
  const listeners = createListeners<StoreEvent>();
  let meta: StoreMeta = FIRST_META;
  let last: Promise<unknown> = Promise.resolve();

  const laneFor = (lane: Lane, priority: Priority): SortedLane => {
    const key = `${lane} ${priority}`;
    const found = lanes.get(key);
    if (found !== undefined) return found;
    const made = makeSortedLane();
    lanes.set(key, made);
    return made;
  };

  const drop = (jobId: string): void => {
    const old = jobs.get(jobId);
    if (old === undefined) return;
    laneFor(laneOf(old), old.priority).remove(old.sequence);
    jobs.delete(jobId);
  };

  const keep = (job: Job): void => {
    drop(job.id);
    laneFor(laneOf(job), job.priority).add(job);
    jobs.set(job.id, job);
  };

  return {
    write(_durability, work) {
      const run = async () => {
        const undo: (() => void)[] = [];
        try {
          return await work({
            get: async (jobId) => jobs.get(jobId),
            async put(job) {
              const old = jobs.get(job.id);
              undo.push(() => (old === undefined ? drop(job.id) : keep(old)));
              keep(structuredClone(job));
            },
            async delete(jobId) {
              const old = jobs.get(jobId);
              if (old !== undefined) undo.push(() => keep(old));
              drop(jobId);
            },
            getInput: async (jobId) => inputs.get(jobId),
            async putInput(jobId, input) {
              undo.push(() => inputs.delete(jobId));
              inputs.set(jobId, input);
            },
            async deleteInput(jobId) {
              const old = inputs.get(jobId);
              if (old !== undefined) undo.push(() => inputs.set(jobId, old));
              inputs.delete(jobId);
            },
            getMeta: async () => meta,
            async putMeta(next) {
              const old = meta;
              undo.push(() => {
                meta = old;
              });
              meta = next;
            },
            async *lane(lane, priority) {
              yield* laneFor(lane, priority).jobs();
            },
          });
        } catch (thrown) {
          for (const step of undo.reverse()) step();
          throw thrown;
        }
      };
      const mine = last.then(run);
      last = mine.catch(() => {});
      return mine;
    },
    // Nothing is at rest here.
    seal: async (_jobId, input) => structuredClone(input),
    unseal: async (_jobId, kept) => kept as CircuitInput,
    get: async (jobId) => jobs.get(jobId),
    async list({ states, limit }) {
      const found = [...jobs.values()].filter((job) => states?.includes(job.state) ?? true);
      return found.sort((a, b) => b.sequence - a.sequence).slice(0, limit);
    },
    announce(events) {
      for (const event of events) listeners.emit(event);
    },
    watch: (listener) => listeners.add(listener),
    close: async () => listeners.clear(),
  };
}
