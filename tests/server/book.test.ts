// Ended jobs that a server remembers: so many in all, and whoever has most of them loses the oldest.
import { describe, expect, it } from 'vitest';
import { makeByteBudget } from '../../worker-server/byte-budget.ts';
import { makeBook } from '../../worker-server/jobs/book.ts';
import { newEntry } from '../../worker-server/jobs/entry.ts';
import { makeFairQueue } from '../../worker-server/jobs/fair-queue.ts';
import { makeFigures } from '../../worker-server/jobs/figures.ts';
import { requestFor } from '../contract/job-store.support.ts';
import { VirtualClock } from '../helpers/clock.ts';

const MINUTE = 60_000;

function makeWorld() {
  const clock = new VirtualClock();
  const forgotten: string[] = [];
  const book = makeBook({
    ...{ clock, queue: makeFairQueue(), figures: makeFigures(), inputs: makeByteBudget(1e6, 1e6) },
    onForgotten: (key) => void forgotten.push(key),
  });
  const one = requestFor('x').circuit;
  function end(owner: string, count: number, signals = 1): void {
    const circuit = { ...one, publicSignals: Array.from({ length: signals }, () => 'x'.repeat(1000)) };
    for (let at = 0; at < count; at++) {
      const submission = {
        owner,
        jobId: `${at}`,
        circuit,
        expectedPublicSignals: null,
        priority: 1 as const,
      };
      const entry = newEntry(`${owner}-${at}`, submission, clock.nowMs());
      book.add(entry);
      book.letIn(entry);
      book.end(entry, 'failed', null);
    }
  }
  const kept = (owner: string) => book.list(owner, 1).total;
  return { clock, book, end, kept, forgotten };
}

describe('jobs that have ended', () => {
  it('are forgotten for whoever has most of them: a client’s thousands push out nobody’s few', () => {
    const { end, kept, book, forgotten } = makeWorld();
    end('bob', 10);
    end('alice', 3_000);
    expect([kept('bob'), kept('alice')]).toEqual([10, 1_990]);
    // The oldest, and the last can be asked for.
    expect([book.find('alice-1009'), book.find('alice-2999')?.jobId]).toEqual([undefined, '2999']);
    expect(forgotten).toHaveLength(1_010);
    end('carol', 3_000);
    expect([kept('bob'), kept('alice'), kept('carol')]).toEqual([10, 995, 995]);
  });

  it('are so by what they hold as well', () => {
    const { end, kept } = makeWorld();
    end('bob', 100);
    // A megabyte each.
    end('alice', 100, 1_000);
    expect([kept('bob'), kept('alice') > 40, kept('alice') < 70]).toEqual([100, true, true]);
  });

  it('are forgotten after a while, whoever’s they are', async () => {
    const { clock, end, kept, book } = makeWorld();
    end('bob', 10);
    await clock.advance(10 * MINUTE);
    end('alice', 5);
    await clock.advance(6 * MINUTE);
    end('carol', 1);
    expect([kept('bob'), kept('alice'), book.list(null, 1).total]).toEqual([0, 5, 6]);
    // The same key anew is counted once.
    end('alice', 5);
    await clock.advance(16 * MINUTE);
    end('carol', 1);
    expect(book.list(null, 1).total).toBe(1);
  });
});
