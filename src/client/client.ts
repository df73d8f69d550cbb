// The headless client: requests in, events and verified proofs out. Holds nothing that the store does not, but the
// newest progress.
import { GnomonError } from '../core/errors.ts';
import { ratiosOf } from '../core/estimates.ts';
import { type Job, Priority, type Progress } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import { campaignDigest } from '../reputation/campaign.ts';
import { importIdentity } from '../reputation/identity.ts';
import { createEmitter } from './events.ts';
import type { ClientParts, ClientServer } from './parts.ts';
import { identityId, type Prepared, prepare } from './request.ts';
import type {
  Gnomon,
  GnomonEvents,
  ProofJob,
  ProofOutcome,
  ProofPlan,
  ProofProgress,
  ProofRequest,
  ServerStatus,
} from './types.ts';
import { errorOf, errorView, figuresOf, jobView, outcomeOf, progressView, sharesOf } from './views.ts';

const MAX_ATTEMPTS = 3;

export function makeClient(parts: ClientParts): Gnomon {
  const { jobs, servers } = parts;
  const emitter = createEmitter<GnomonEvents>();
  /** The newest copy of each job that was heard of. */
  const known = new Map<string, Job>();
  const progresses = new Map<string, ProofProgress>();
  const ends = [
    jobs.watch((event) => {
      if (event.type === 'changed') changed(event.job);
      else if (event.type === 'removed') removed(event.jobId);
      else if (event.type === 'progress') void progressed(event.jobId, event.progress);
      else if (event.type === 'missed') void refresh();
    }),
    parts.metrics.watch(
      () =>
        void figures().then(
          (now) => emitter.emit('figures', now),
          () => {},
        ),
    ),
    servers.watch(() => emitter.emit('servers', serverList())),
    parts.watchWarnings((warning) => emitter.emit('warning', errorView(warning))),
  ];
  const gone = createEmitter<Record<string, null>>();
  const closing = createListeners<null>();
  const madeAtMs = parts.nowMs();
  let closed = false;

  function changed(job: Job): void {
    const before = known.get(job.id);
    if (before !== undefined && before.revision >= job.revision) return;
    known.set(job.id, job);
    if (job.state !== 'running') progresses.delete(job.id);
    emitter.emit('job', viewOf(job));
    const outcome = outcomeOf(job);
    if (outcome !== null && before?.state !== 'succeeded') emitter.emit('proof', outcome);
    const waits = job.held !== null && before?.held?.code !== job.held.code;
    const failed = job.state === 'failed' && before?.state !== 'failed';
    const error = errorOf(job);
    if (error !== null && (waits || failed)) emitter.emit('error', { ...error, id: job.id });
  }

  function removed(id: string): void {
    known.delete(id);
    progresses.delete(id);
    gone.emit(id, null);
  }

  async function progressed(id: string, progress: Progress): Promise<void> {
    const job = known.get(id) ?? (await jobs.get(id));
    if (job === undefined || job.state !== 'running') return;
    if (!known.has(id)) known.set(id, job);
    const before = progresses.get(id);
    const floor = before?.attempt === job.attempts.length ? before.overall : 0;
    const view = progressView(job, progress, timesOf(job), floor);
    progresses.set(id, view);
    emitter.emit('progress', view);
    emitter.emit('job', viewOf(job));
  }

  /** News may have gone past a page that was put away. What ended before this client was made is none. */
  async function refresh(): Promise<void> {
    for (const job of await jobs.list()) {
      if (known.has(job.id) || job.endedAtMs === null || job.endedAtMs >= madeAtMs) changed(job);
    }
  }

  const figures = async (circuit?: string) => {
    const of = circuit === undefined ? {} : { circuitId: circuit };
    const [list, summary] = await Promise.all([jobs.list(), parts.metrics.summary(of)]);
    return figuresOf(list, summary);
  };
  const viewOf = (job: Job): ProofJob => jobView(job, progresses.get(job.id) ?? null);
  const timesOf = ({ circuit, secrets, privacy, sendTo }: Job) =>
    servers.foresee({
      circuit,
      secrets: secrets.length > 0,
      privacy,
      ...(sendTo === undefined ? {} : { sendTo }),
    }).stages;
  const serverList = (): ServerStatus[] => servers.list().map(statusOf);

  async function prepared(request: ProofRequest): Promise<Prepared> {
    if (closed) throw alreadyClosed();
    if (request?.server !== undefined && !servers.list().some(({ id }) => id === request.server)) {
      throw new GnomonError('input.server-unknown', 'There is no such server here.', {
        where: 'server',
        nextStep: 'Add it first, or leave it out.',
      });
    }
    return prepare(request, await parts.circuits(), parts.nowMs());
  }

  const placeOf = ({ privacy = 'local-only', server }: ProofRequest) => ({
    privacy,
    ...(server === undefined ? {} : { sendTo: servers.backendId(server) }),
  });

  async function refuseOtherScope({ campaign }: Prepared): Promise<void> {
    if (campaign === undefined) return;
    if ((await parts.claimScope(campaign.scope, campaignDigest(campaign))) !== 'other') return;
    throw new GnomonError(
      'input.scope-reused',
      'You have claimed in this campaign before, under a different campaign file.',
      {
        where: 'campaign file, scope',
        nextStep: 'Ask the campaign why there are two files. Claiming under both could link your claims.',
      },
    );
  }

  /** Settles with the job's end; a retry after that is another story. */
  function endOf(id: string): Promise<ProofOutcome> {
    return new Promise<ProofOutcome>((resolve, reject) => {
      // Closed while it was submitted: nothing is told any more.
      if (closed) return reject(goesOnElsewhere());
      const look = (job: ProofJob) => {
        if (job.id !== id) return;
        if (job.outcome !== null) settle(() => resolve(job.outcome as ProofOutcome));
        else if (job.state === 'failed') settle(() => reject(asError(job)));
        else if (job.state === 'cancelled') settle(() => reject(cancelled()));
      };
      const stops = [
        emitter.on('job', look),
        gone.on(id, () => settle(() => reject(cancelled()))),
        closing.add(() => settle(() => reject(goesOnElsewhere()))),
      ];
      const settle = (action: () => void) => {
        for (const stop of stops) stop();
        action();
      };
      // It may have ended before anyone listened.
      jobs.get(id).then((job) => job !== undefined && look(viewOf(job)), reject);
    });
  }

  return {
    async plan(request) {
      const { job, shows } = await prepared(request);
      const secrets = job.secrets.length > 0;
      const seen = servers.foresee({ circuit: job.circuit, secrets, ...placeOf(request) });
      // What a download took is no measure for files that are here.
      const stages = (await parts.isKept(job.circuit)) ? { ...seen.stages, artifacts: 0 } : seen.stages;
      return {
        circuit: job.circuit.id,
        shows,
        prediction: predictionOf({ ...seen, stages }),
        placement: seen.reason,
        stages: sharesOf(stages),
        developmentKey: job.circuit.setup === 'development',
        secrets,
      };
    },

    async submit(request, { signal } = {}) {
      signal?.throwIfAborted();
      const ready = await prepared(request);
      await refuseOtherScope(ready);
      if (ready.identity !== undefined) await parts.remember(ready.identity);
      signal?.throwIfAborted();
      const { id } = await jobs.submit({
        ...ready.job,
        id: request.id ?? parts.newId(),
        priority: request.priority ?? Priority.NORMAL,
        maxAttempts: MAX_ATTEMPTS,
        ...placeOf(request),
      });
      const done = endOf(id);
      // Whoever listens to events need not hear of it here as well.
      done.catch(() => {});
      const onAbort = () => void jobs.cancel(id).catch(() => {});
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
      void done.finally(() => signal?.removeEventListener('abort', onAbort)).catch(() => {});
      return { id, done };
    },

    watch(id, listener, options = {}) {
      let heard = false;
      const unwatch = emitter.on(
        'job',
        (job) => {
          if (job.id !== id) return;
          heard = true;
          listener(job);
        },
        options,
      );
      jobs.get(id).then(
        (job) => job !== undefined && !heard && !options.signal?.aborted && listener(viewOf(job)),
        () => {},
      );
      return () => {
        heard = true;
        unwatch();
      };
    },

    cancel: (id) => jobs.cancel(id),
    retry: (id) => jobs.retry(id),
    remove: (id) => jobs.remove(id),
    async get(id) {
      const job = await jobs.get(id);
      return job === undefined ? null : viewOf(job);
    },
    jobs: async () => (await jobs.list()).map(viewOf),
    figures,
    on: (type, listener, options) => emitter.on(type, listener, options),
    async unlock(exported) {
      const { commitment, secretScalar } = importIdentity(exported);
      await parts.remember({ id: identityId(commitment), secretScalar });
    },
    servers: serverList,
    addServer: (server) => statusOf(servers.add(server)),
    removeServer: (id) => servers.remove(id),
    allowServer: (id, permission) => servers.setPermission(id, permission),
    observeServers: () => servers.observe(),
    async close() {
      closed = true;
      for (const end of ends) end();
      // Nobody would ever hear from it again.
      closing.emit(null);
      closing.clear();
      emitter.clear();
      await parts.close();
    },
  };
}

function predictionOf({
  expected,
  waitMs,
  stages,
}: ReturnType<ClientParts['servers']['foresee']>): ProofPlan['prediction'] {
  if (expected === null) return null;
  // What was measured is witness and proof; files and the check here come on top, and so does the way there. All of it
  // takes as much longer as the proof may, like the time left under way: a busy device is slow at everything.
  const ms = expected.ms + waitMs + stages.artifacts + stages.verifying;
  const { low, high } = ratiosOf(expected);
  return { ms, lowMs: ms * low, highMs: ms * high, basis: expected.basis, runs: expected.runs };
}

function statusOf({ says, error, ...server }: ClientServer): ServerStatus {
  const { id, name, host, phase, permission, setAside, roundTripMs } = server;
  return {
    ...{ id, name, host, phase, permission, setAside, roundTripMs },
    load: says === null ? null : { slots: says.slots, busy: says.busy, queued: says.queued },
    error: error === null ? null : errorView(error),
  };
}

function asError({ error }: ProofJob): GnomonError {
  return GnomonError.fromData({
    ...(error ?? errorView(cancelled().toData())),
    group: (error?.group ?? 'internal') as GnomonError['group'],
  });
}

function cancelled(): GnomonError {
  return new GnomonError('cancelled.by-person', 'The proof was cancelled.', {
    nextStep: 'Start it again when you like.',
  });
}

function goesOnElsewhere(): GnomonError {
  return new GnomonError('cancelled.closed', 'The client was closed before the proof ended.', {
    nextStep: 'It goes on in another tab, or with the next client; ask that one for it by its id.',
  });
}

function alreadyClosed(): GnomonError {
  return new GnomonError('input.closed', 'This client has been closed.', {
    nextStep: 'Make another with createGnomon.',
  });
}
