// One connection to a worker server that mends itself: hello and welcome, pings, back-off with jitter. What
// travels over it is remote-backend.ts's business.
import { type ErrorData, GnomonError, toErrorData } from '../core/errors.ts';
import { createListeners } from '../core/listeners.ts';
import type { Clock, Random } from '../core/ports.ts';
import {
  CLOSE_CODES,
  type ClientMessageInput,
  PING_INTERVAL_MS,
  PROTOCOL_VERSION,
  type ServerData,
  type ServerMessage,
} from '../core/wire/messages.ts';
import { encodeClientMessage, parseServerMessage } from '../core/wire/parse.ts';
import { malformedAnswer, refusedBy, unreachable } from './errors.ts';
import { type Liveness, watchLiveness } from './liveness.ts';
import type { OpenSocket, SocketEvent, SocketLike } from './socket.ts';

export type Welcome = ServerData['welcome'];

/** `waiting`: for the next try, after one failed. `refused`: the same, but the server was there and would not
 * have us, so the next try is a long time off. */
export type ConnectionPhase = 'idle' | 'connecting' | 'ready' | 'waiting' | 'refused';

export interface ConnectionOptions {
  /** ws or wss. */
  url: string;
  token?: string | undefined;
  /** Whether this is itself a server, with other clients' jobs. */
  isServer?: boolean | undefined;
  open: OpenSocket;
  clock: Clock;
  random: Random;
  /** Everything but welcome, ping and refused. */
  onMessage: (message: ServerMessage) => void;
  /** After each welcome; `again`: the same process as before, so that it still knows our jobs. */
  onReady: (welcome: Welcome, again: boolean) => void;
  /** The connection that was ready is gone. */
  onLost: () => void;
}

export interface Connection {
  readonly phase: ConnectionPhase;
  /** The newest, with the newest capacity; null before the first. */
  readonly welcome: Welcome | null;
  /** Median of what has been measured; null before. */
  readonly roundTripMs: number | null;
  /** Why it is not ready, when there is a reason. */
  readonly error: ErrorData | null;
  /** Bytes that wait to be sent. */
  buffered(): number;
  /** False: not connected. */
  send(message: ClientMessageInput | Uint8Array<ArrayBuffer>): boolean;
  /** A request was answered after so long. */
  measured(roundTripMs: number): void;
  start(): void;
  /** Tries at once, if it waits for the next try. */
  retryNow(): void;
  close(): void;
  /** Called whenever any of the above has changed. */
  watch(listener: () => void): () => void;
}

const HANDSHAKE_MS = 10_000;
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 15_000;
/** Whoever was refused is refused again until somebody has changed something. */
const REFUSED_MS = 60_000;
const KEPT_ROUND_TRIPS = 7;
const NORMAL_CLOSURE = 1000;

export function createConnection(options: ConnectionOptions): Connection {
  const { clock, random } = options;
  const listeners = createListeners<void>();
  let phase: ConnectionPhase = 'idle';
  let welcome: Welcome | null = null;
  let error: ErrorData | null = null;
  let socket: SocketLike | null = null;
  let failures = 0;
  let unsetTimer = () => {};
  let roundTrips: number[] = [];

  function become(next: ConnectionPhase): void {
    phase = next;
    listeners.emit();
  }

  function connect(): void {
    unsetTimer();
    let mine: SocketLike;
    const startedMs = clock.monotonicMs();
    let saidHelloMs = startedMs;
    let refusal: ErrorData | null = null;
    let liveness: Liveness | null = null;
    become('connecting');
    try {
      mine = options.open(options.url);
    } catch (thrown) {
      error = thrown instanceof GnomonError ? thrown.toData() : toErrorData(unreachable(options.url, thrown));
      later();
      return;
    }
    socket = mine;
    mine.binaryType = 'arraybuffer';
    const isMine = () => socket === mine;

    const leave = (why: ErrorData | null): void => {
      if (!isMine()) return;
      socket = null;
      unsetTimer();
      liveness?.end();
      const wasReady = phase === 'ready';
      error = refusal ?? why ?? unreachable(options.url).toData();
      try {
        mine.close(NORMAL_CLOSURE);
      } catch {
        // It was never open.
      }
      later();
      if (wasReady) options.onLost();
    };

    unsetTimer = clock.setTimer(HANDSHAKE_MS, () => leave(null));
    mine.addEventListener('open', () => {
      if (!isMine()) return;
      saidHelloMs = clock.monotonicMs();
      const { token, isServer = false } = options;
      mine.send(
        encodeClientMessage({
          type: 'hello',
          version: PROTOCOL_VERSION,
          ...(token === undefined ? {} : { token }),
          ...(isServer ? { server: true } : {}),
        }),
      );
    });
    mine.addEventListener('error', () => {});
    mine.addEventListener('close', ({ code }: SocketEvent) => {
      leave(code === undefined ? null : closedWith(code));
    });
    mine.addEventListener('message', ({ data }: SocketEvent) => {
      if (!isMine()) return;
      liveness?.heard();
      let message: ServerMessage;
      try {
        if (typeof data !== 'string') throw malformedAnswer();
        message = parseServerMessage(data);
      } catch (thrown) {
        const told = toErrorData(thrown);
        // Newer servers may say more than we know.
        if (told.code === 'protocol.unknown-type') return;
        refusal = malformedAnswer(told).toData();
        leave(refusal);
        return;
      }
      if (message.type === 'refused') {
        refusal = refusedBy(message.data).toData();
        // Else it is about one message, which its sender is told about by its own means.
        if (phase !== 'ready') leave(refusal);
        return;
      }
      if (message.type === 'welcome') {
        if (phase === 'ready') return;
        if (message.data.version !== PROTOCOL_VERSION) {
          refusal = refusedBy({
            code: 'protocol.version',
            message: '',
            versions: [message.data.version],
          }).toData();
          leave(refusal);
          return;
        }
        unsetTimer();
        const again = welcome?.serverId === message.data.serverId;
        welcome = message.data;
        failures = 0;
        error = null;
        const { pingIntervalMs } = welcome;
        liveness = watchLiveness(clock, 2 * Math.max(pingIntervalMs, PING_INTERVAL_MS / 10), () =>
          leave(null),
        );
        noteRoundTrip(clock.monotonicMs() - saidHelloMs);
        become('ready');
        options.onReady(welcome, again);
        return;
      }
      if (phase !== 'ready' || welcome === null) return;
      if (message.type === 'ping') {
        mine.send(encodeClientMessage({ type: 'pong' }));
        const { capacity, key } = message.data;
        welcome = { ...welcome, capacity, ...(key === undefined ? {} : { key }) };
        listeners.emit();
      }
      options.onMessage(message);
    });
  }

  function later(): void {
    const refused = error !== null && error.group === 'protocol';
    failures++;
    const ceilingMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (failures - 1));
    const delayMs = refused ? REFUSED_MS : Math.ceil((0.1 + 0.9 * random.fraction()) * ceilingMs);
    unsetTimer = clock.setTimer(delayMs, connect);
    become(refused ? 'refused' : 'waiting');
  }

  function noteRoundTrip(ms: number): void {
    roundTrips = [...roundTrips, ms].slice(-KEPT_ROUND_TRIPS);
  }

  return {
    get phase() {
      return phase;
    },
    get welcome() {
      return welcome;
    },
    get roundTripMs() {
      return [...roundTrips].sort((a, b) => a - b)[roundTrips.length >> 1] ?? null;
    },
    get error() {
      return error;
    },
    buffered: () => socket?.bufferedAmount ?? 0,
    send(message) {
      if (phase !== 'ready' || socket === null) return false;
      socket.send(message instanceof Uint8Array ? message : encodeClientMessage(message));
      return true;
    },
    measured: noteRoundTrip,
    start() {
      if (phase === 'idle') connect();
    },
    retryNow() {
      if (phase === 'waiting' || phase === 'refused') connect();
    },
    close() {
      const wasReady = phase === 'ready';
      const gone = socket;
      socket = null;
      unsetTimer();
      error = null;
      gone?.close(NORMAL_CLOSURE);
      become('idle');
      if (wasReady) options.onLost();
    },
    watch: (listener) => listeners.add(listener),
  };
}

function closedWith(code: number): ErrorData | null {
  const known: Partial<Record<number, Parameters<typeof refusedBy>[0]>> = {
    [CLOSE_CODES.unauthorised]: { code: 'protocol.unauthorised', message: '' },
    [CLOSE_CODES.version]: { code: 'protocol.version', message: '' },
  };
  const data = known[code];
  return data === undefined ? null : refusedBy(data).toData();
}
