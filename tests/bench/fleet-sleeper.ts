// A prover of a fleet that sleeps instead of proving, as a process of its own: what giving out costs, and nothing else.
import { parseArgs } from 'node:util';
import type { Backend, Verifier } from '../../src/core/ports.ts';
import { systemClock, systemRandom } from '../../src/core/system.ts';
import { openDispatch } from '../../worker-server/fleet/dispatch.ts';
import { openKeyRing } from '../../worker-server/fleet/keys.ts';
import { openQueue } from '../../worker-server/fleet/open-queue.ts';
import { createProver } from '../../worker-server/fleet/prover.ts';
import { createFleetStore } from '../../worker-server/fleet/store.ts';
import { makeServerHistory } from '../../worker-server/jobs/server-history.ts';
import { aResult, requestFor } from '../contract/job-store.support.ts';

const { values } = parseArgs({
  options: {
    queue: { type: 'string', default: '' },
    keys: { type: 'string', default: '' },
    slots: { type: 'string', default: '4' },
    sleep: { type: 'string', default: '200' },
  },
});
const [slots, sleepMs] = [Number(values.slots), Number(values.sleep)];
const [clock, random] = [systemClock, systemRandom];
const name = `sleeper-${process.pid}`;
let busy = 0;
const backend: Backend = {
  ...{ id: 'thread', kind: 'thread', label: name, rungs: ['engine-single'] },
  capacity: () => ({ slots, busy }),
  health: () => ({ state: 'ready', reason: null }),
  async prove() {
    busy++;
    await new Promise((wake) => setTimeout(wake, sleepMs));
    busy--;
    return aResult;
  },
};

const verifier: Verifier = { verify: async () => ({ ok: true }) };

const settings = { address: values.queue, role: 'prover' as const, keyFile: values.keys, caFile: null };
const opened = await openQueue({ ...settings, patched: true, unsafe: false }, () => {});
const dispatch = openDispatch({
  ...{ target: opened.target, name: 'jobs', prefix: opened.prefix },
  ...{ lockMs: 10_000, stalledMs: 5_000, takes: true, onTrouble: () => {} },
});
await dispatch.ready();
const { records } = opened;
const sealer = await openKeyRing(values.keys, () => {});
const store = createFleetStore({ records, dispatch, sealer, clock, random, name, offers: true });
const prover = createProver({
  ...{ name, machine: name, store, records, backend, verifier, clock, random },
  ...{ history: makeServerHistory(), leaseMs: 10_000, beatMs: 2_000, onTrouble: () => {} },
  circuits: async () => [requestFor('any').circuit.artifacts.zkey.sha256],
  onSetAside: () => {},
});
await prover.start();
process.send?.('ready');
