// One machine of a fleet without its process: the parts that fleet.ts puts together, so that a test can meddle between them.
import { join } from 'node:path';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import type { Clock, Verifier } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { type Dispatch, openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { createGateway, type Gateway } from '../../worker-server/fleet/gateway.ts';
import { type KeyRing, openKeyRing, rotateKeys } from '../../worker-server/fleet/keys.ts';
import { makeLanes } from '../../worker-server/fleet/lanes.ts';
import type { Caps, Kept, Records } from '../../worker-server/fleet/records.ts';
import { createFleetStore, type FleetStore } from '../../worker-server/fleet/store.ts';
import { startUpkeep } from '../../worker-server/fleet/upkeep.ts';
import type { Submission } from '../../worker-server/jobs/entry.ts';
import { makeServerHistory } from '../../worker-server/jobs/server-history.ts';
import type { SignalsOf } from '../../worker-server/jobs/signals.ts';
import { aResult, requestFor } from '../contract/job-store.support.ts';
import type { Storage } from './fleet-storage.ts';

export interface Machine {
  /** In offers. */
  name: string;
  records: Records;
  dispatch: Dispatch;
  ring: KeyRing;
  store: FleetStore;
  gateway: Gateway;
  /** What troubled it. */
  troubles: string[];
  /** Whether upkeep has been through once. */
  looked(): boolean;
  /** Upkeep, as often as a test likes. */
  keepUp(everyMs?: number): void;
  close(): Promise<void>;
}

export interface MachineOptions {
  /** In offers; machines of one prefix are one where it is left out. */
  name?: string;
  storage: Storage;
  prefix: string;
  folder: string;
  /** It hears nothing of what others say. */
  deaf?: boolean;
  caps?: Caps;
  kept?: Kept;
  takes?: boolean;
  offers?: boolean;
  verifier?: Verifier;
  signalsOf?: SignalsOf;
  hasCalculator?: boolean;
  clock?: Clock;
  meddle?: (records: Records) => Records;
  meddleQueue?: (dispatch: Dispatch) => Dispatch;
}

/** A key file for `openMachine`, in a folder of the test's. */
export const makeKeys = (folder: string): Promise<string> => rotateKeys(join(folder, 'keys.json'), 3, 0);

export async function openMachine(options: MachineOptions): Promise<Machine> {
  const { storage, prefix, folder, deaf = false, takes = true, meddle = (same) => same } = options;
  const { records: own, target } = await storage.open(prefix, options.kept);
  const records = meddle(own);
  const opened = openDispatch({
    ...{ target, name: 'jobs', prefix, lockMs: 10_000, stalledMs: 500, takes, onTrouble: () => {} },
  });
  await opened.ready();
  const { meddleQueue = (same) => same } = options;
  const dispatch: Dispatch = meddleQueue(deaf ? { ...opened, listen: () => () => {} } : opened);
  const ring = await openKeyRing(join(folder, 'keys.json'), () => {});
  const [clock, random] = [options.clock ?? systemClock, systemRandom];
  const name = options.name ?? `machine-${prefix}`;
  const troubles: string[] = [];
  const lanes = makeLanes(() => clock.nowMs());
  const store = createFleetStore({
    numberOf: lanes.enter,
    ...{ records, dispatch, sealer: ring, clock, random, name },
    ...{ offers: options.offers ?? false, ...(options.caps && { caps: options.caps }) },
  });
  const gateway = createGateway({
    ...{
      store,
      records,
      ring,
      lanes,
      clock,
      history: makeServerHistory(),
      takesJobs: true,
      places: () => [],
    },
    inputs: {
      signalsOf: options.signalsOf ?? (async () => aResult.publicSignals),
      hasCalculator: async () => options.hasCalculator ?? true,
    },
    verifier: options.verifier ?? { verify: async () => ({ ok: true }) },
    onTrouble: ({ code }) => troubles.push(code),
    onWrongProof: () => {},
    onWrongRefusal: (prover) => troubles.push(`wrong refusal of ${prover}`),
  });
  await gateway.start();
  let passes = 0;
  const watched: Gateway = {
    ...gateway,
    async catchUp(listed) {
      await gateway.catchUp(listed);
      passes++;
    },
  };
  let endUpkeep = async (): Promise<void> => {};
  return {
    ...{ name, records, dispatch, ring, store, gateway, troubles },
    looked: () => passes > 0,
    keepUp(everyMs = 100) {
      const common = { store, records, dispatch, gateway: watched, clock, everyMs };
      endUpkeep = startUpkeep({ ...common, onTrouble: (thrown) => troubles.push(String(thrown)) });
    },
    async close() {
      await endUpkeep();
      await gateway.stop(0);
      ring.close();
      await store.close();
    },
  };
}

/** What a client of `owner` sends. */
export function submissionOf(jobId: string, change: Partial<Submission> = {}): Submission {
  const circuit: CircuitEntry = requestFor('any').circuit;
  const inputJson = new TextEncoder().encode('{"a":"7"}');
  return {
    ...{ owner: 'me', jobId, circuit, inputJson, expectedPublicSignals: ['1'], priority: 1 },
    ...change,
  };
}
