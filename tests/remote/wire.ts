// A WebSocket without a network: two ends on a virtual clock, and between them what networks and proxies do,
// by a seed: delay, trickle, repeat, cut, or swallow everything and say nothing.
import type { OpenSocket, SocketEvent, SocketLike } from '../../src/remote/socket.ts';
import type { VirtualClock } from '../helpers/clock.ts';
import type { SeededRandom } from '../helpers/random.ts';

export type Payload = string | Uint8Array;

/** The server's end of a connection. */
export interface Peer {
  send(text: string): void;
  close(code: number): void;
  onData: (data: Payload) => void;
  onClose: () => void;
}

export interface Wire {
  open: OpenSocket;
  /** What may go wrong; off, everything arrives in order after a millisecond. */
  faulty: boolean;
  /** No connection can be made. */
  down: boolean;
  cutAll(): void;
  readonly counts: { opened: number; cut: number; repeated: number; swallowed: number; slow: number };
}

export function makeWire(clock: VirtualClock, random: SeededRandom, accept: (peer: Peer) => void): Wire {
  const counts = { opened: 0, cut: 0, repeated: 0, swallowed: 0, slow: 0 };
  const live = new Set<() => void>();
  const cutAll = () => {
    for (const cut of [...live]) cut();
  };
  const wire: Wire = { faulty: true, down: false, counts, open, cutAll };

  function open(): SocketLike {
    counts.opened++;
    const listeners = new Map<string, ((event: SocketEvent) => void)[]>();
    const emit = (type: string, event: SocketEvent = {}) => {
      for (const listener of listeners.get(type) ?? []) listener(event);
    };
    const slow = wire.faulty && random.chance(0.2);
    if (slow) counts.slow++;
    let state: 'opening' | 'open' | 'swallowing' | 'closed' = 'opening';
    let toServerMs = 0;
    let toClientMs = 0;

    /** In order, each at its time; a trickle lets one through every now and then. */
    const later = (before: number, size: number): number => {
      const wait = !wire.faulty ? 1 : slow ? 50 + random.below(400) + size / 500 : random.below(40);
      return Math.max(before, clock.monotonicMs()) + wait;
    };
    const pass = (dueMs: number, deliver: () => void): void => {
      const times = wire.faulty && random.chance(0.05) ? 2 : 1;
      if (times === 2) counts.repeated++;
      clock.setTimer(dueMs - clock.monotonicMs(), () => {
        if (wire.faulty && random.chance(0.004)) cut();
        if (wire.faulty && random.chance(0.002) && state === 'open') {
          state = 'swallowing';
          counts.swallowed++;
        }
        if (state === 'open') for (let time = 0; time < times; time++) deliver();
      });
    };
    const end = (code: number): void => {
      if (state === 'closed') return;
      state = 'closed';
      live.delete(cut);
      peer.onClose();
      emit('close', { code });
    };
    const cut = (): void => {
      if (state === 'closed') return;
      counts.cut++;
      end(1006);
    };
    const peer: Peer = {
      send(text) {
        toClientMs = later(toClientMs, text.length);
        pass(toClientMs, () => emit('message', { data: text }));
      },
      close(code) {
        // After what was sent before it.
        clock.setTimer(Math.max(0, toClientMs - clock.monotonicMs()) + 1, () => end(code));
      },
      onData: () => {},
      onClose: () => {},
    };
    live.add(cut);
    clock.setTimer(later(0, 0) - clock.monotonicMs(), () => {
      if (state !== 'opening') return;
      if (wire.down || (wire.faulty && random.chance(0.1))) {
        cut();
        return;
      }
      state = 'open';
      accept(peer);
      emit('open');
    });
    return {
      binaryType: '',
      get bufferedAmount() {
        return 0;
      },
      send(data) {
        if (state === 'closed') return;
        const copy = typeof data === 'string' ? data : data.slice();
        toServerMs = later(toServerMs, data.length);
        pass(toServerMs, () => peer.onData(copy));
      },
      close() {
        // A half-open connection is never told.
        if (state === 'swallowing') state = 'closed';
        // What was sent before it still arrives.
        else clock.setTimer(Math.max(0, toServerMs - clock.monotonicMs()) + 1, () => end(1000));
      },
      addEventListener(type, listener) {
        listeners.set(type, [...(listeners.get(type) ?? []), listener]);
      },
    };
  }
  return wire;
}
