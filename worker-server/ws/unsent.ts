// What sockets have not taken yet, counted for each owner: a connection alone may lag by megabytes, but not thousands of
// one client's at once.
import { type ByteBudget, makeByteBudget } from '../byte-budget.ts';

/** Of ws's sockets. */
export interface Outgoing {
  send(text: string, taken: () => void): void;
  readonly bufferedAmount: number;
}

export interface Outlet {
  send(text: string): void;
  /** Bytes that the other side has not taken yet; endless when it is behind and its owner's room is used up. */
  buffered(): number;
}

export interface Unsent {
  outlet(socket: Outgoing, owner: () => string | null): Outlet;
  usedBytes(): number;
}

/** No owner is called that. */
const STRANGERS = '';

export function makeUnsent(maxBytes: number): Unsent {
  const budget: ByteBudget = makeByteBudget(maxBytes, 0);
  return {
    usedBytes: budget.usedBytes,
    outlet(socket, owner) {
      const name = () => owner() ?? STRANGERS;
      return {
        send(text) {
          const [who, bytes] = [name(), text.length];
          budget.count(who, bytes);
          // Called as well when the socket ends without it.
          socket.send(text, () => budget.count(who, -bytes));
        },
        buffered() {
          const { bufferedAmount } = socket;
          if (bufferedAmount === 0 || budget.lack(name(), 0) === null) return bufferedAmount;
          return Number.POSITIVE_INFINITY;
        },
      };
    },
  };
}
