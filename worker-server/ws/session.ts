// One WebSocket connection: hello, jobs, progress. Knows nothing of sockets but how to send, and of jobs but
// what their owner may.
import { GnomonError, toErrorData } from '../../src/core/errors.ts';
import type { CircuitInput } from '../../src/core/groth16.ts';
import {
  CLOSE_CODES,
  type ClientMessage,
  PING_INTERVAL_MS,
  PROTOCOL_VERSION,
  type ServerMessage,
} from '../../src/core/wire/messages.ts';
import {
  encodeServerMessage,
  parseClientMessage,
  parseInputBytes,
  versionRefusal,
} from '../../src/core/wire/parse.ts';
import type { Caller } from '../callers.ts';
import { hasEnded, type JobView } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { failedMessage, refusedMessage, standOf } from './messages.ts';
import {
  helloFirst,
  opensNothing,
  otherToken,
  stalled,
  takesNoWitness,
  unknownCircuit,
  unknownJob,
} from './refusals.ts';
import type { Subscriptions } from './subscriptions.ts';
import { makeUploads, type UploadBudget } from './uploads.ts';

export interface SessionSocket {
  send(text: string): void;
  /** Bytes that the other side has not taken yet. */
  buffered(): number;
  close(code: number, reason: string): void;
}

export interface Session {
  /** Null until it said hello, where that is needed. */
  owner(): string | null;
  text(text: string): Promise<void>;
  binary(bytes: Uint8Array): Promise<void>;
  /** To be called every PING_INTERVAL_MS. */
  ping(): void;
  /** The connection is gone. */
  end(): void;
}

export interface SessionOptions {
  parts: ServerParts;
  subscriptions: Subscriptions;
  budget: UploadBudget;
  /** Who it is, if that is known from the start. */
  caller: Caller | null;
  /** Throws when the owner has too many connections. */
  onHello: (owner: string) => void;
}

type Submit = Extract<ClientMessage, { type: 'submit' }>;

/** Mistakes that a session survives; a program that makes more is broken or hostile. */
const MAX_STRIKES = 10;
const MAX_SUBSCRIPTIONS = 10_000;
/** A client that is this far behind gets no more reports of progress until it has caught up … */
const SLOW_BYTES = 256 * 1024;
/** … and is dropped when it is this far behind: ends are never left out. */
const STUCK_BYTES = 8 * 1024 * 1024;
/** Reports of one job's progress come no more often than this. */
const MIN_REPORT_MS = 40;

export function openSession(socket: SessionSocket, options: SessionOptions): Session {
  const { parts, subscriptions } = options;
  const { jobs, circuits, clock } = parts;
  const wanted = new Map<string, { sentAtMs: number; stage: string | null; state: string }>();
  let caller = options.caller;
  let strikes = 0;
  let open = true;

  const uploads = makeUploads<Submit>({
    budget: options.budget,
    maxPayloadBytes: parts.limits.maxPayloadBytes,
    clock,
    isKnown: (jobId) => caller !== null && jobs.view(caller.owner, jobId) !== undefined,
    onStalled: (jobId) => fail(jobId, stalled()),
  });

  function send(message: ServerMessage): void {
    if (!open) return;
    if (socket.buffered() > STUCK_BYTES) close(CLOSE_CODES.unresponsive, 'too slow');
    else socket.send(encodeServerMessage(message));
  }

  function close(code: number, reason: string): void {
    if (!open) return;
    end();
    socket.close(code, reason);
  }

  function end(): void {
    open = false;
    uploads.close();
    for (const jobId of wanted.keys()) unsubscribe(jobId);
  }

  function fail(jobId: string, thrown: unknown): void {
    send(failedMessage(jobId, toErrorData(thrown)));
  }

  /** Says what was wrong; closes when it is too often or cannot go on. */
  function refuse(thrown: unknown, closeCode?: number, versions?: number[]): void {
    const error = toErrorData(thrown);
    send(refusedMessage(error, versions));
    if (closeCode !== undefined) close(closeCode, error.code);
    else if (++strikes >= MAX_STRIKES) close(CLOSE_CODES.malformed, 'too many mistakes');
  }

  // ---- News -------------------------------------------------------------------------------------------

  function onNews(view: JobView): void {
    const last = wanted.get(view.jobId);
    if (last === undefined) return;
    if (hasEnded(view)) {
      unsubscribe(view.jobId);
      send(standOf(view));
      return;
    }
    const nowMs = clock.monotonicMs();
    const same = last.stage === view.stage && last.state === view.state;
    if (same && (nowMs - last.sentAtMs < MIN_REPORT_MS || socket.buffered() > SLOW_BYTES)) return;
    wanted.set(view.jobId, { sentAtMs: nowMs, stage: view.stage, state: view.state });
    send(standOf(view));
  }

  function subscribe(owner: string, jobId: string): void {
    if (!wanted.has(jobId) && wanted.size >= MAX_SUBSCRIPTIONS) {
      throw new GnomonError('resource.rate-limit', 'This connection follows too many jobs.', {
        nextStep: 'Unsubscribe from those that have ended.',
      });
    }
    wanted.set(jobId, { sentAtMs: 0, stage: null, state: '' });
    subscriptions.add(owner, jobId, onNews);
  }

  function unsubscribe(jobId: string): void {
    if (caller !== null) subscriptions.remove(caller.owner, jobId, onNews);
    wanted.delete(jobId);
  }

  // ---- Messages ---------------------------------------------------------------------------------------

  async function hello({ version, token }: Extract<ClientMessage, { type: 'hello' }>): Promise<void> {
    if (version !== PROTOCOL_VERSION) {
      return refuse(versionRefusal(version), CLOSE_CODES.version, [PROTOCOL_VERSION]);
    }
    if (caller === null || token !== undefined) {
      try {
        const found = await parts.callers.identify(token ?? null);
        // Subscriptions are by owner: who is known already stays who they are.
        if (caller !== null && found.owner !== caller.owner) throw otherToken();
        if (caller === null) options.onHello(found.owner);
        caller = found;
      } catch (thrown) {
        return refuse(thrown, CLOSE_CODES.unauthorised);
      }
    }
    const offered = await circuits.all();
    send({
      type: 'welcome',
      data: {
        version: PROTOCOL_VERSION,
        serverId: parts.serverId,
        name: parts.name,
        privacy: parts.privacy,
        capacity: jobs.capacity(),
        circuits: offered.map(({ id, artifacts, constraints }) => ({
          id,
          digest: artifacts.zkey.sha256,
          constraints,
          typicalMs: jobs.figures.typicalMs(id),
        })),
        pingIntervalMs: PING_INTERVAL_MS,
        maxPayloadBytes: parts.limits.maxPayloadBytes,
      },
    });
  }

  async function submit(owner: string, message: Submit): Promise<void> {
    const { jobId } = message;
    try {
      const view = jobs.view(owner, jobId);
      if (view !== undefined && view.state !== 'failed' && view.state !== 'cancelled') {
        return accept(owner, view);
      }
      if (uploads.has(jobId)) return;
      if (message.sealedBytes !== undefined) throw opensNothing();
      if (message.witnessBytes !== undefined) throw takesNoWitness();
      if (message.input !== undefined) {
        return await take(owner, message, message.input, JSON.stringify(message.input).length);
      }
      uploads.begin(jobId, message.inputBytes ?? 0, message);
    } catch (thrown) {
      fail(jobId, thrown);
    }
  }

  async function take(
    owner: string,
    message: Submit,
    input: CircuitInput,
    inputBytes: number,
  ): Promise<void> {
    const circuit = await circuits.find(message.circuit);
    if (circuit === undefined) throw unknownCircuit();
    const { jobId, priority, deadlineMs, expectedPublicSignals = null } = message;
    const order = { owner, jobId, circuit, input, inputBytes, expectedPublicSignals, priority };
    accept(owner, jobs.submit({ ...order, ...(deadlineMs === undefined ? {} : { deadlineMs }) }));
  }

  function accept(owner: string, view: JobView): void {
    const { jobId, position } = view;
    send({ type: 'accepted', requestId: jobId, data: { jobId, position } });
    if (hasEnded(view)) send(standOf(view));
    else subscribe(owner, jobId);
  }

  async function handle(owner: string, message: Exclude<ClientMessage, { type: 'hello' }>): Promise<void> {
    switch (message.type) {
      case 'pong':
        return;
      case 'submit':
        return submit(owner, message);
      case 'cancel': {
        uploads.drop(message.jobId);
        const { jobId } = message;
        // Also for a job that nobody follows: whoever cancels wants to know.
        const followed = wanted.has(jobId);
        const view = await jobs.cancel(owner, jobId);
        if (view === undefined) fail(jobId, unknownJob());
        else if (!followed) send(standOf(view));
        return;
      }
      case 'subscribe': {
        const { requestId } = message;
        const view = jobs.view(owner, requestId);
        subscribe(owner, requestId);
        send({ type: 'subscribed', requestId, data: { requestId, status: view?.state ?? 'unknown' } });
        if (view !== undefined) onNews(view);
        return;
      }
      case 'unsubscribe':
        unsubscribe(message.requestId);
    }
  }

  return {
    owner: () => caller?.owner ?? null,

    async text(text) {
      if (!open) return;
      try {
        const message = parseClientMessage(text);
        if (message.type === 'hello') return await hello(message);
        if (caller === null) return refuse(helloFirst(), CLOSE_CODES.unauthorised);
        if (message.type !== 'pong') spend(caller.owner, message);
        await handle(caller.owner, message);
      } catch (thrown) {
        refuse(thrown);
      }
    },

    async binary(bytes) {
      if (!open) return;
      if (caller === null) return refuse(helloFirst(), CLOSE_CODES.unauthorised);
      let done: ReturnType<typeof uploads.add>;
      try {
        done = uploads.add(bytes);
      } catch (thrown) {
        return refuse(thrown);
      }
      if (done === null) return;
      const { jobId, order, payload } = done;
      try {
        await take(caller.owner, order, parseInputBytes(payload), payload.length);
      } catch (thrown) {
        fail(jobId, thrown);
      }
    },

    ping: () => send({ type: 'ping', data: { capacity: jobs.capacity() } }),
    end,
  };

  function spend(owner: string, message: ClientMessage): void {
    try {
      parts.rate.spend(owner);
    } catch (thrown) {
      if (message.type !== 'submit') throw thrown;
      // The job is told; a client that goes on like that is cut off all the same.
      fail(message.jobId, thrown);
      throw thrown;
    }
  }
}
