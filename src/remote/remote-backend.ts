// The Backend port over a worker server. A job that runs there outlives a broken connection: after a reconnect
// it is asked for, or submitted again; only when the server stays away too long is the attempt given up.
import type { ErrorData, GnomonError } from '../core/errors.ts';
import type { ProofResult } from '../core/job.ts';
import { RUNGS } from '../core/job.ts';
import { createListeners } from '../core/listeners.ts';
import type { AttemptRequest, Backend, BackendHealth, Clock, Random } from '../core/ports.ts';
import type { ServerMessage } from '../core/wire/messages.ts';
import { type ConnectionPhase, createConnection, type Welcome } from './connection.ts';
import {
  aborted,
  cannotSeal,
  noSlot,
  notAllowed,
  notConnected,
  sealsNoMore,
  unknownCircuit,
} from './errors.ts';
import { createRemoteJob, type RemoteJob } from './remote-job.ts';
import type { OpenSocket } from './socket.ts';

export interface RemoteBackendOptions {
  id: string;
  /** ws or wss. */
  url: string;
  token?: string;
  /** Until the server has said its name, or for good. */
  label?: string;
  /** We are a server ourselves: it must prove our jobs itself. */
  isServer?: boolean;
  open: OpenSocket;
  clock: Clock;
  random: Random;
  /** Called each time that anything of an attempt is about to be sent; what it throws keeps or brings it back here. */
  guard?: (attempt: AttemptRequest) => void;
  /** Inputs go there sealed or not at all. */
  mustSeal?: () => boolean;
  /** Each attempt that was sent has ended, with a proof (not verified yet) or without. */
  onEnd?: (proved: boolean) => void;
  /** Of its slots, as many as we use at most. */
  maxSlots?: number;
  /** How long a server may be gone in mid-proof, in time that this machine is awake. */
  lostAfterMs?: number;
  /** How long a job may wait there before it begins. */
  maxWaitMs?: number;
}

export interface RemoteStatus {
  phase: ConnectionPhase;
  welcome: Welcome | null;
  roundTripMs: number | null;
  error: ErrorData | null;
  /** Attempts of ours that it has now. */
  running: number;
}

export interface RemoteBackend extends Backend {
  readonly kind: 'remote';
  status(): RemoteStatus;
  start(): void;
  retryNow(): void;
  /** Asks the guard again about each attempt under way: what it throws ends the attempt. */
  recheck(): void;
  /** Ends the connection; attempts under way are cancelled there, and reject as lost. */
  close(): void;
  watch(listener: () => void): () => void;
}

const LOST_AFTER_MS = 20_000;
const MAX_WAIT_MS = 120_000;
/** Longer than `lostAfterMs`, so that it is this backend that says what happened. */
const SILENCE_MS = 60_000;

export function makeRemoteBackend(options: RemoteBackendOptions): RemoteBackend {
  const { id, clock, random, lostAfterMs = LOST_AFTER_MS, maxWaitMs = MAX_WAIT_MS } = options;
  const jobs = new Map<string, RemoteJob>();
  /** Given up while the server was away: it should not go on with them. */
  const abandoned = new Set<string>();
  const listeners = createListeners<void>();
  /** What it does for others, as of its last report: what it counted then, less what was ours. */
  let others = 0;
  let closed = false;
  let triedBefore = false;

  const connection = createConnection({
    url: options.url,
    token: options.token,
    isServer: options.isServer,
    open: options.open,
    clock,
    random,
    onMessage: take,
    onReady(welcome, again) {
      triedBefore = true;
      countOthers(welcome.capacity, again);
      if (again) for (const wireId of abandoned) connection.send({ type: 'cancel', jobId: wireId });
      abandoned.clear();
      for (const job of jobs.values()) job.connected(again);
    },
    onLost() {
      for (const job of jobs.values()) job.lost();
    },
  });
  connection.watch(() => {
    if (connection.phase === 'waiting' || connection.phase === 'refused') triedBefore = true;
    listeners.emit();
  });

  const label = (): string => options.label ?? connection.welcome?.name ?? new URL(options.url).host;

  function take(message: ServerMessage): void {
    if (message.type === 'ping') {
      countOthers(message.data.capacity, true);
      for (const job of jobs.values()) job.alive();
    } else if (message.type === 'result' || message.type === 'failed' || message.type === 'accepted') {
      jobs.get(message.data.jobId)?.take(message);
    } else if (message.type === 'progress' || message.type === 'subscribed') {
      jobs.get(message.data.requestId)?.take(message);
    }
  }

  function health(): BackendHealth {
    const { phase, error } = connection;
    if (phase === 'ready') return { state: 'ready', reason: null };
    const starting = !closed && !triedBefore;
    return {
      state: starting ? 'starting' : 'down',
      reason: error?.message ?? (starting ? 'connecting' : 'not connected'),
    };
  }

  function countOthers({ busy, queued }: Welcome['capacity'], hasOurs: boolean): void {
    others = Math.max(0, busy + queued - (hasOurs ? jobs.size : 0));
  }

  function capacity() {
    const { welcome, phase } = connection;
    if (phase !== 'ready' || welcome === null) return { slots: 0, busy: jobs.size };
    const { slots } = welcome.capacity;
    const most = Math.min(slots, options.maxSlots ?? slots);
    const free = Math.min(most, slots - others) - jobs.size;
    return { slots: most, busy: most - Math.max(0, free) };
  }

  const offered = (digest: string) =>
    connection.welcome?.circuits.find((circuit) => circuit.digest === digest);

  /** Why inputs cannot go there in the way in which it would have them; null: they can. */
  function unsealable(): GnomonError | null {
    const { welcome } = connection;
    if (welcome === null) return null;
    if (welcome.key === undefined) return options.mustSeal?.() === true ? sealsNoMore(label()) : null;
    return globalThis.crypto.subtle === undefined ? cannotSeal(label()) : null;
  }

  function guard(attempt: AttemptRequest): void {
    options.guard?.(attempt);
    const why = unsealable();
    if (why !== null) throw why;
  }

  return {
    id,
    kind: 'remote',
    get label() {
      return label();
    },
    // The server has its own ladder; a job keeps its place on ours.
    rungs: RUNGS,
    silenceLimitsMs: { artifacts: SILENCE_MS, witness: SILENCE_MS, proving: SILENCE_MS },
    capacity,
    health,
    outlook(circuit) {
      const has = offered(circuit.artifacts.zkey.sha256);
      const reachMs = connection.roundTripMs ?? 0;
      if (connection.welcome !== null && has === undefined) {
        return {
          refusal: unknownCircuit(label(), circuit.id).message.replace(/\.$/, ''),
          reachMs,
          waitMs: 0,
        };
      }
      const { capacity, key } = connection.welcome ?? {};
      const slots = Math.max(1, capacity?.slots ?? 1);
      return {
        refusal: unsealable()?.message.replace(/\.$/, '') ?? null,
        ...(key === undefined ? {} : { sealedTo: key.id }),
        reachMs,
        waitMs: (Math.max(0, others - slots) / slots) * (has?.typicalMs ?? 0),
      };
    },
    async prove(attempt, signal, onProgress): Promise<ProofResult> {
      if (signal.aborted) throw aborted();
      if (attempt.leaves === undefined) throw notAllowed(label());
      guard(attempt);
      if (connection.phase !== 'ready') throw notConnected(label());
      if (offered(attempt.circuit.artifacts.zkey.sha256) === undefined) {
        throw unknownCircuit(label(), attempt.circuit.id);
      }
      if (jobs.size >= capacity().slots) throw noSlot(label());
      const wireId = random.id();
      const job = createRemoteJob(attempt, {
        wireId,
        label: label(),
        connection,
        clock,
        lostAfterMs,
        maxWaitMs,
        guard: () => guard(attempt),
        onProgress,
        onGivenUp() {
          if (!connection.send({ type: 'cancel', jobId: wireId })) abandoned.add(wireId);
        },
      });
      jobs.set(wireId, job);
      const onAbort = () => job.abort();
      signal.addEventListener('abort', onAbort);
      job.start();
      try {
        const result = await job.result;
        options.onEnd?.(true);
        return result;
      } catch (thrown) {
        options.onEnd?.(false);
        throw thrown;
      } finally {
        signal.removeEventListener('abort', onAbort);
        jobs.delete(wireId);
        listeners.emit();
      }
    },
    status: () => ({
      phase: connection.phase,
      welcome: connection.welcome,
      roundTripMs: connection.roundTripMs,
      error: connection.error,
      running: jobs.size,
    }),
    start() {
      closed = false;
      connection.start();
    },
    retryNow: () => connection.retryNow(),
    recheck() {
      for (const job of jobs.values()) job.recheck();
    },
    close() {
      closed = true;
      for (const job of jobs.values()) job.giveUp();
      connection.close();
    },
    watch: (listener) => listeners.add(listener),
  };
}
