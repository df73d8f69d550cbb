// One WebSocket connection: who it is, what it may say, and which answer each message gets. Knows nothing of sockets
// but how to send, and of jobs but what their owner may.
import { toErrorData } from '../../src/core/errors.ts';
import {
  CLOSE_CODES,
  type ClientMessage,
  PROTOCOL_VERSION,
  type ServerData,
  type ServerMessage,
} from '../../src/core/wire/messages.ts';
import { encodeServerMessage, parseClientMessage, versionRefusal } from '../../src/core/wire/parse.ts';
import type { Caller } from '../callers.ts';
import { hasEnded, type JobView } from '../jobs/view.ts';
import type { ServerParts } from '../parts.ts';
import { failedMessage, refusedMessage, standOf, welcomeMessage } from './messages.ts';
import { makeNews } from './news.ts';
import { helloFirst, otherToken, unknownJob } from './refusals.ts';
import { makeSubmits, type Submitter } from './submits.ts';
import type { Subscriptions } from './subscriptions.ts';

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
  /** Who it is, if that is known from the start. */
  caller: Caller | null;
  /** Throws when the owner has too many connections. */
  onHello: (owner: string) => void;
}

/** Mistakes that a session survives; a program that makes more is broken or hostile. */
const MAX_STRIKES = 10;
/** A client that is this far behind is dropped: ends are never left out. */
const STUCK_BYTES = 8 * 1024 * 1024;

export function openSession(socket: SessionSocket, options: SessionOptions): Session {
  const { parts, subscriptions } = options;
  const { jobs, circuits, clock } = parts;
  let caller = options.caller;
  let isServer = false;
  let strikes = 0;
  let pongsDue = 0;
  let open = true;

  const news = makeNews({ subscriptions, clock, send, buffered: () => socket.buffered() });
  const submits = makeSubmits({
    parts,
    isKnown: (jobId) => caller !== null && jobs.view(caller.owner, jobId) !== undefined,
    onAccepted: accept,
    onFailed: fail,
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
    submits.close();
    news.close();
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

  /** What this client's jobs have to run on: of another server's, this machine alone proves. */
  function capacity(): ServerData['ping']['capacity'] {
    const all = jobs.capacity();
    return isServer ? { ...parts.localCapacity(), queued: all.queued } : all;
  }

  async function hello(message: Extract<ClientMessage, { type: 'hello' }>): Promise<void> {
    const { version, token, server = false } = message;
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
    try {
      await parts.rate.spend(caller.owner);
    } catch (thrown) {
      return refuse(thrown, CLOSE_CODES.tooMany);
    }
    isServer ||= server;
    send(welcomeMessage(parts, await circuits.all(), capacity()));
  }

  function accept(owner: string, view: JobView): void {
    const { jobId, position } = view;
    send({ type: 'accepted', requestId: jobId, data: { jobId, position } });
    if (hasEnded(view)) send(standOf(view));
    else news.follow(owner, jobId);
  }

  async function cancel(owner: string, jobId: string): Promise<void> {
    submits.drop(jobId);
    // Also for a job that nobody follows: whoever cancels wants to know.
    const followed = news.follows(jobId);
    const view = await jobs.cancel(owner, jobId);
    if (view === undefined) fail(jobId, unknownJob());
    else if (!followed) send(standOf(view));
  }

  async function subscribe(owner: string, requestId: string): Promise<void> {
    await jobs.recall?.(owner, requestId);
    const view = jobs.view(owner, requestId);
    news.follow(owner, requestId);
    send({ type: 'subscribed', requestId, data: { requestId, status: view?.state ?? 'unknown' } });
    if (view !== undefined) news.tell(view);
  }

  async function handle(by: Submitter, message: Exclude<ClientMessage, { type: 'hello' }>): Promise<void> {
    switch (message.type) {
      case 'pong':
        return;
      case 'submit':
        return submits.take(by, message);
      case 'cancel':
        return cancel(by.owner, message.jobId);
      case 'subscribe':
        return subscribe(by.owner, message.requestId);
      case 'unsubscribe':
        news.unfollow(message.requestId);
    }
  }

  async function spend(owner: string, message: ClientMessage): Promise<void> {
    try {
      await parts.rate.spend(owner);
    } catch (thrown) {
      // The job is told; a client that goes on like that is cut off all the same.
      if (message.type === 'submit') submits.refuse(message.jobId, thrown);
      throw thrown;
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
        const { owner } = caller;
        // What was asked for costs nothing.
        if (message.type !== 'pong' || pongsDue === 0) await spend(owner, message);
        else pongsDue--;
        await handle({ owner, isServer }, message);
      } catch (thrown) {
        refuse(thrown);
      }
    },

    async binary(bytes) {
      if (!open) return;
      if (caller === null) return refuse(helloFirst(), CLOSE_CODES.unauthorised);
      try {
        await submits.frame({ owner: caller.owner, isServer }, bytes);
      } catch (thrown) {
        refuse(thrown);
      }
    },

    ping() {
      pongsDue++;
      const key = parts.sealingKey?.();
      send({ type: 'ping', data: { capacity: capacity(), ...(key && { key }) } });
    },
    end,
  };
}
