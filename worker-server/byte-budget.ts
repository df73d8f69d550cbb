// Bytes that clients have put into this server's memory: so many in all, and one owner at most a share of them, so that
// nobody takes the room of all others.
import type { GnomonError } from '../src/core/errors.ts';
import { queueFull } from './refusals.ts';

export interface ByteBudget {
  /** Of all owners together. */
  usedBytes(): number;
  /** Why so many more of this owner's do not fit (`resource.queue-full`); null when they do. */
  lack(owner: string, bytes: number): GnomonError | null;
  /** Throws it. */
  refuseBeyond(owner: string, bytes: number): void;
  /** Negative: given back. */
  count(owner: string, bytes: number): void;
}

const OWNER_SHARE = 3 / 4;

/** `largest`: a single input may be that large, whatever the share. */
export function makeByteBudget(maxBytes: number, largest: number): ByteBudget {
  const used = new Map<string, number>();
  let total = 0;
  const ownersMost = Math.min(maxBytes, Math.max(OWNER_SHARE * maxBytes, largest));

  function lack(owner: string, bytes: number): GnomonError | null {
    if ((used.get(owner) ?? 0) + bytes > ownersMost) {
      return queueFull(
        'This server holds as many bytes of your inputs as one client may have it hold.',
        'Wait until some of your jobs or uploads are done.',
      );
    }
    if (total + bytes <= maxBytes) return null;
    return queueFull('This server has no room for another input now.', 'Try again in a moment.');
  }

  return {
    usedBytes: () => total,
    lack,
    refuseBeyond(owner, bytes) {
      const error = lack(owner, bytes);
      if (error !== null) throw error;
    },
    count(owner, bytes) {
      total += bytes;
      const now = (used.get(owner) ?? 0) + bytes;
      if (now === 0) used.delete(owner);
      else used.set(owner, now);
    },
  };
}
