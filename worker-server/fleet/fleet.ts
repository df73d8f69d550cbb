// One machine of a fleet, put together: the queue checked and opened, the key ring, and the roles it has.
import { hostname } from 'node:os';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { GnomonError } from '../../src/core/errors.ts';
import type { Backend, BackendCapacity, Clock, Random, Verifier } from '../../src/core/ports.ts';
import type { SealingKey } from '../../src/remote/sealing.ts';
import type { Circuits } from '../circuits.ts';
import type { Limits } from '../config.ts';
import { makeServerHistory } from '../jobs/server-history.ts';
import type { ServerJobs } from '../jobs/server-jobs.ts';
import type { ChildInputs } from '../proving/child-inputs.ts';
import type { RateLimit } from '../rate-limit.ts';
import { shownAddress } from './address.ts';
import { makeBoard } from './board.ts';
import { openDispatch } from './dispatch.ts';
import { createGateway, type FleetState } from './gateway.ts';
import { openKeyRing } from './keys.ts';
import { makeLanes } from './lanes.ts';
import { openQueue } from './open-queue.ts';
import { createProver } from './prover.ts';
import type { FleetSettings } from './settings.ts';
import { overQueue } from './storage-errors.ts';
import { createFleetStore } from './store.ts';
import { startUpkeep } from './upkeep.ts';

export interface FleetOptions {
  settings: FleetSettings;
  limits: Limits;
  backend: Backend;
  verifier: Verifier;
  inputs: Pick<ChildInputs, 'signalsOf' | 'hasCalculator'>;
  circuits: Circuits;
  clock: Clock;
  random: Random;
  log: Logger;
}

export interface Fleet {
  /** The same on every gateway. */
  id: string;
  jobs: ServerJobs;
  rate: RateLimit;
  sealingKey: () => SealingKey;
  capacity: () => BackendCapacity;
  state: () => FleetState;
  board: Hono;
  /** Machines that get no jobs, and why. */
  aside(): Promise<Map<string, string>>;
  letBack(machine: string): Promise<void>;
  /** After `jobs.stop`. */
  close(): Promise<void>;
}

/** As the design has it: a silent prover's job is somebody else's within 20 s. */
const LEASE_MS = 10_000;
/** A machine that looks just before another's look is over skips it: where that other is the one that fell silent, nobody
 * looks for nearly twice as long. With 5 s that took a job past its 20 s, once in eighty. */
const STALLED_MS = 4_000;
const BEAT_MS = 2_000;
const UPKEEP_MS = 2_000;

/** Rejects with what is wrong with the queue or the key file. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { settings, limits, clock, random, log } = options;
  const takesJobs = settings.role !== 'prover';
  const proves = settings.role !== 'gateway';
  const name = `${hostname()}-${process.pid}-${random.id().slice(0, 6)}`;
  const trouble = (thrown: unknown): void => {
    const { code, message } = thrown as { code?: string; message?: string };
    log.error({ code, message }, 'trouble with the queue');
  };

  const ring = await openKeyRing(settings.keyFile, (change) => {
    if ('ids' in change) log.info({ keys: change.ids }, 'the fleet’s keys have changed');
    else
      log.error(
        { code: change.error.code },
        'the fleet’s key file cannot be read; the keys that were read stay',
      );
  });
  const { records, target, prefix } = await openQueue(settings, (warning) => log.warn(warning));
  const dispatch = openDispatch({
    target,
    name: 'jobs',
    prefix,
    lockMs: LEASE_MS,
    stalledMs: STALLED_MS,
    takes: proves,
    onTrouble: trouble,
  });
  await dispatch.ready();
  const { maxQueued, maxQueuedPerClient: maxQueuedPerOwner, maxQueuedBytes } = limits;
  const lanes = makeLanes(() => clock.nowMs());
  const store = createFleetStore({
    records,
    dispatch,
    sealer: ring,
    clock,
    random,
    caps: { maxQueued, maxQueuedPerOwner, maxQueuedBytes },
    name: settings.machine,
    offers: true,
    numberOf: lanes.enter,
  });
  const history = makeServerHistory();
  const gateway = createGateway({
    ...{ store, records, ring, lanes, clock, history, takesJobs },
    places: () => (proves ? [options.backend] : []),
    verifier: options.verifier,
    inputs: options.inputs,
    onTrouble: ({ code, where }) => log.error({ code, where }, 'trouble'),
    onWrongRefusal: (prover, _jobId) =>
      log.error({ prover }, 'a prover found fault with an input that another has proved'),
    onWrongProof: (prover, _jobId, detail) => log.error({ prover, detail }, 'a prover’s proof was wrong'),
  });
  const prover = proves ? createProver({ ...proverOptions(), name, machine: settings.machine }) : null;
  let endUpkeep = async (): Promise<void> => {};
  log.info(
    { queue: shownAddress(settings.address), role: settings.role, machine: settings.machine, name },
    'part of a fleet',
  );

  return {
    id: await records.identity(random.id()),
    sealingKey: ring.current,
    state: gateway.state,
    board: await makeBoard(dispatch.queue),
    capacity: gateway.capacity,
    aside: () => overQueue(() => records.aside()),
    letBack: (machine) => overQueue(() => records.letBack(machine)),
    jobs: {
      ...gateway,
      async start() {
        await gateway.start();
        if (takesJobs) {
          const common = { store, records, dispatch, gateway, clock };
          endUpkeep = startUpkeep({ ...common, everyMs: UPKEEP_MS, onTrouble: trouble });
        }
        await prover?.start();
      },
      async stop(graceMs) {
        await prover?.stop(graceMs);
        await endUpkeep();
        await gateway.stop(graceMs);
      },
    },
    rate: {
      async spend(owner) {
        const perMinute = limits.requestsPerMinute;
        if (await overQueue(() => records.spend(owner, perMinute))) return;
        throw new GnomonError('resource.rate-limit', `More than ${perMinute} requests in a minute.`, {
          nextStep: 'Wait until the minute is over and try again.',
        });
      },
    },
    async close() {
      ring.close();
      await store.close();
    },
  };

  function proverOptions() {
    return {
      ...{ store, records, clock, random, history },
      backend: options.backend,
      verifier: options.verifier,
      circuits: async () => (await options.circuits.all()).map(({ artifacts }) => artifacts.zkey.sha256),
      leaseMs: LEASE_MS,
      beatMs: BEAT_MS,
      onTrouble: trouble,
      onSetAside: (reason: string) =>
        log.error(
          { machine: settings.machine, reason },
          'this prover has been set aside and takes no more jobs',
        ),
    };
  }
}
