// A fleet's own figures. Each gateway tells those of the whole fleet, as it sees them: take one's, or the largest, and
// never their sum.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { FleetState } from '../fleet/gateway.ts';
import type { ServerJobs } from '../jobs/server-jobs.ts';
import { hasEnded } from '../jobs/view.ts';
import type { Pool } from '../pool-port.ts';

const WAIT_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
const ATTEMPTS = [1, 2, 3, 5, 10];
const ADVICE = ['scale-up', 'steady', 'scale-down'] as const;

export function addFleet(
  registers: Registry[],
  jobs: ServerJobs,
  state: () => FleetState,
  scaling: () => ReturnType<Pool['stats']>['scaling'],
): void {
  addJobs(registers, jobs);
  addProvers(registers, state);
  new Gauge({
    name: 'gnomon_fleet_queue_up',
    help: '1 while the queue answers this gateway',
    registers,
    collect() {
      this.set(state().up ? 1 : 0);
    },
  });
  new Gauge({
    name: 'gnomon_fleet_scaling_advice',
    help: '1 for the advice that holds',
    labelNames: ['advice'],
    registers,
    collect() {
      const { advice } = scaling();
      for (const one of ADVICE) this.set({ advice: one }, one === advice ? 1 : 0);
    },
  });
}

function addJobs(registers: Registry[], jobs: ServerJobs): void {
  const wait = new Histogram({
    name: 'gnomon_fleet_queue_wait_seconds',
    help: 'From being accepted to the start of the first attempt, of jobs that have ended',
    labelNames: ['circuit'],
    buckets: WAIT_SECONDS,
    registers,
  });
  const attempts = new Histogram({
    name: 'gnomon_fleet_job_attempts',
    help: 'Attempts that a job took until it ended',
    labelNames: ['outcome'],
    buckets: ATTEMPTS,
    registers,
  });
  const stalls = new Counter({
    name: 'gnomon_fleet_stalls_total',
    help: 'Attempts whose prover fell silent, of jobs that have ended',
    registers,
  });
  jobs.watch((view) => {
    if (!hasEnded(view)) return;
    const { circuitId: circuit, state: outcome, startedAtMs, createdAtMs } = view;
    attempts.observe({ outcome }, view.attempts);
    stalls.inc(view.stalls ?? 0);
    if (startedAtMs !== null) wait.observe({ circuit }, Math.max(0, startedAtMs - createdAtMs) / 1000);
  });
}

/** By the provers' names: host, process id and a few letters, so that a restarted one is a new one. */
function addProvers(registers: Registry[], state: () => FleetState): void {
  const labelNames = ['prover'] as const;
  const gauge = (name: string, help: string, of: (prover: FleetState['provers'][number]) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const prover of state().provers) this.set({ prover: prover.name }, of(prover));
      },
    });
  gauge('gnomon_fleet_prover_slots', 'Proofs that it can make at once', ({ slots }) => slots);
  gauge('gnomon_fleet_prover_busy', 'Proofs that it makes now', ({ busy }) => busy);
  gauge('gnomon_fleet_prover_draining', '1: it takes no more jobs', ({ draining }) => (draining ? 1 : 0));
  new Counter({
    name: 'gnomon_fleet_prover_busy_seconds_total',
    help: 'Time that its attempts took, as far as they have ended; its rate over gnomon_fleet_prover_slots is its utilisation',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { name, busyMs } of state().provers) this.inc({ prover: name }, busyMs / 1000);
    },
  });
}
