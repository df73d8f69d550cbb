// `performanceProfiler`: the profiler in a page of somebody else, with the library's own workers. Gives way to the proofs
// of the page's pool, and measures nothing but this device.
import { openArtifactStore } from '../browser/artifact-store.ts';
import { makeCircuits } from '../browser/circuits.ts';
import { deviceFacts } from '../browser/device.ts';
import { makeProfilePlatform } from '../browser/profile-platform.ts';
import { memoryMeter } from '../browser/profiler.ts';
import { makePinnedVerifier } from '../browser/verifier.ts';
import type {
  PerformanceProfiler,
  ProfileReport,
  ProfileRequest,
  ProfileRunOptions,
} from '../client/types.ts';
import { GnomonError } from '../core/errors.ts';
import { planProfile } from '../core/profiler/plan.ts';
import { type ProfileReport as FullReport, toJson } from '../core/profiler/report.ts';
import { profileCsv } from '../core/profiler/report-csv.ts';
import { profileHtml } from '../core/profiler/report-html.ts';
import { type ProfileRequest as CheckedRequest, ProfileRequestSchema } from '../core/profiler/request.ts';
import { runProfile } from '../core/profiler/run.ts';
import { systemClock } from '../core/system.ts';
import { parseAs } from '../core/wire/parse.ts';
import { manifestAddress } from './manifest-address.ts';
import { spawnWorker, workerPool } from './workers.ts';

let running = false;

export const performanceProfiler: PerformanceProfiler = {
  async run(request: ProfileRequest = {}, options: ProfileRunOptions = {}) {
    const asked = parseAs<CheckedRequest>(ProfileRequestSchema, request);
    if (asked.provers.includes('snarkjs') || asked.circuitTypes.includes('default')) throw onlyTheEngine();
    if (running) throw alreadyRunning();
    running = true;
    const baseUrl = manifestAddress(options.circuits);
    const verifier = makePinnedVerifier({ baseUrl, spawn: spawnWorker });
    try {
      const device = deviceFacts();
      const circuits = makeCircuits(baseUrl, await openArtifactStore({ baseUrl }));
      const plan = planProfile(asked, {
        circuits: await circuits.list(),
        usualThreads: device.threads,
        mostThreads: device.threads,
      });
      const platform = makeProfilePlatform({
        ...{ baseUrl, spawn: spawnWorker, verifier, device, clock: systemClock },
        backends: { list: () => [], watch: () => () => {} },
        roundTripMs: () => null,
        runtime: navigator.userAgent,
        measureMemory: memoryMeter(performance),
      });
      const report = await runProfile(
        plan,
        {
          ...platform,
          busy: () => (workerPool.busy > 0 ? 'a proof is being made on this page' : null),
          watchBusy: (listener) => workerPool.watch(listener),
        },
        {
          signal: options.signal ?? new AbortController().signal,
          onProgress: ({ fraction, etaMs, done, total }) =>
            options.onProgress?.({ fraction, remainingMs: etaMs, done, total }),
        },
      );
      return report as ProfileReport;
    } finally {
      verifier.end();
      running = false;
    }
  },
  // What `run` gave: the published type shows a part of it.
  html: (report) => profileHtml(report as unknown as FullReport),
  csv: (report) => profileCsv(report as unknown as FullReport),
  json: (report) => toJson(report as unknown as FullReport),
};

function onlyTheEngine(): GnomonError {
  return new GnomonError('input.prover', 'Only the engine is in this library; snarkjs is not.', {
    where: 'provers',
    nextStep: 'Leave "provers" out, and "default" out of "circuitTypes".',
  });
}

function alreadyRunning(): GnomonError {
  return new GnomonError('resource.profile-running', 'A profile is being made on this page already.', {
    nextStep: 'Wait until it is done, or abort it.',
  });
}
