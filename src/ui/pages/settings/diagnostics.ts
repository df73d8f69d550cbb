// What helps to find a fault, as text: versions, the device, timings and error codes. No names, labels, inputs,
// identities or addresses: nothing that says whose device it is or what was proved.
import type { Job } from '../../../core/job.ts';
import type { DeviceFacts, Settings, StorageFacts } from '../../../services/device.ts';

export interface DiagnosticFacts {
  version: string;
  userAgent: string;
  screen: string;
  device: DeviceFacts;
  storage: StorageFacts;
  settings: Settings;
  jobs: readonly Job[];
}

/** The newest jobs say enough. */
const JOBS_MAX = 20;

export function diagnosticText({ jobs, device, ...facts }: DiagnosticFacts): string {
  const states: Record<string, number> = {};
  for (const { state } of jobs) states[state] = (states[state] ?? 0) + 1;
  const told = {
    ...facts,
    device: {
      threads: device.threads,
      memoryBytes: device.memoryBytes,
      isolated: device.crossOriginIsolated,
      online: device.online,
    },
    jobs: states,
    newest: jobs.slice(0, JOBS_MAX).map(jobFacts),
  };
  return `${JSON.stringify(told, null, 1)}\n`;
}

function jobFacts({ state, circuit, attempts, error, held, paused, result }: Job) {
  return {
    state: paused ? 'paused' : held === null ? state : 'held',
    // A circuit of one's own is named by its files; its size says enough.
    circuit: circuit.capacity === null ? 'own' : circuit.id,
    domain: circuit.domain,
    error: error?.code ?? null,
    timingsMs: result?.timingsMs ?? null,
    prover: result?.prover ?? null,
    threads: result?.threads ?? null,
    attempts: attempts.map((attempt) => ({
      where: /^local/.test(attempt.backendId) ? 'this device' : 'server',
      rung: attempt.rung,
      outcome: attempt.outcome,
      error: attempt.error?.code ?? null,
      tookMs: attempt.endedAtMs === null ? null : attempt.endedAtMs - attempt.startedAtMs,
    })),
  };
}
