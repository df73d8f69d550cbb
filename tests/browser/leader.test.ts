// The line for the lead: granted, left, lost, and failing. Real locks are tried in tests/e2e.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeLeadership } from '../../src/browser/leader.ts';

const MINUTE = 60_000;

/** One lock as the Web Locks specification has it: in turn, and taken away by whoever steals it. */
function makeSharedLocks(): LockManager {
  const queue: (() => void)[] = [];
  let breakHeld: (() => void) | null = null;
  const hold = (serve: () => Promise<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const mine = () => reject(new DOMException('Stolen.', 'AbortError'));
      breakHeld = mine;
      serve()
        .then(resolve, reject)
        .finally(() => {
          if (breakHeld !== mine) return;
          breakHeld = null;
          queue.shift()?.();
        });
    });
  return {
    request: (_name: string, { signal, steal }: LockOptions, serve: () => Promise<unknown>) =>
      new Promise<unknown>((resolve, reject) => {
        const take = () => hold(serve).then(resolve, reject);
        if (steal || breakHeld === null) {
          breakHeld?.();
          take();
          return;
        }
        queue.push(take);
        signal?.addEventListener('abort', () => {
          if (queue.includes(take)) queue.splice(queue.indexOf(take), 1);
          reject(new DOMException('Left.', 'AbortError'));
        });
      }),
    query: async () => ({}),
  } as unknown as LockManager;
}

/** Grants at once, or rejects at once. */
function makeLocks(mode: 'grant' | 'refuse'): LockManager & { asked: number } {
  return {
    asked: 0,
    async request(_name: string, _options: unknown, serve?: unknown) {
      this.asked++;
      if (mode === 'refuse') throw new DOMException('Not here.', 'SecurityError');
      return (serve as () => Promise<unknown>)();
    },
    query: async () => ({}),
  } as LockManager & { asked: number };
}

function makeLead(begin: () => Promise<void> = async () => {}) {
  return { begin: vi.fn(begin), end: vi.fn(async () => {}) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('leadership', () => {
  it.each(['with locks', 'without'])('%s begins, and ends when left', async (how) => {
    const lead = makeLead();
    const leadership = makeLeadership(how === 'without' ? undefined : makeLocks('grant'), 'name', lead);
    // Without, it asks first whether another leads.
    await vi.advanceTimersByTimeAsync(how === 'without' ? 3_000 : 0);
    expect([leadership.leading(), lead.end.mock.calls.length]).toEqual([true, 0]);
    await leadership.leave();
    expect([leadership.leading(), lead.begin.mock.calls.length, lead.end.mock.calls.length]).toEqual([
      false,
      1,
      1,
    ]);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(lead.begin).toHaveBeenCalledTimes(1);
  });

  it('lines up again after stepping down', async () => {
    const lead = makeLead();
    const leadership = makeLeadership(makeLocks('grant'), 'name', lead);
    await vi.advanceTimersByTimeAsync(0);
    leadership.stepDown();
    await vi.advanceTimersByTimeAsync(0);
    expect([lead.end.mock.calls.length, lead.begin.mock.calls.length]).toEqual([1, 2]);
    expect(leadership.leading()).toBe(true);
    await leadership.leave();
  });

  it('tries again, with pauses, when it cannot begin', async () => {
    const lead = makeLead(async () => {
      if (lead.begin.mock.calls.length < 4) throw new Error('storage is down');
    });
    const leadership = makeLeadership(makeLocks('grant'), 'name', lead);
    await vi.advanceTimersByTimeAsync(0);
    expect([leadership.leading(), lead.begin.mock.calls.length]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect([leadership.leading(), lead.begin.mock.calls.length]).toEqual([true, 4]);
    await leadership.leave();
  });

  it('does not spin where locks are forbidden', async () => {
    const locks = makeLocks('refuse');
    const leadership = makeLeadership(locks, 'name', makeLead());
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(locks.asked).toBeGreaterThan(1);
    expect(locks.asked).toBeLessThan(100);
    const left = leadership.leave();
    await vi.advanceTimersByTimeAsync(MINUTE);
    await left;
  });

  it('is taken from a leader that stands still, and from no other', async () => {
    vi.useRealTimers();
    const locks = makeSharedLocks();
    const name = `pulse-${Math.random()}`;
    const timing = { askEveryMs: 20, patience: 3 };
    // A leader of another page that holds the lock and answers nothing.
    let stolen = false;
    locks
      .request(name, {}, () => new Promise(() => {}))
      .catch(() => {
        stolen = true;
      });
    const waiting = [makeLead(), makeLead(), makeLead()];
    const tabs = waiting.map((lead) => makeLeadership(locks, name, lead, timing));
    await vi.waitFor(() => expect(tabs.filter((tab) => tab.leading())).toHaveLength(1), 5_000);
    expect(stolen).toBe(true);
    const leader = tabs.findIndex((tab) => tab.leading());
    // Now it answers: many questions later it still leads, and nobody else has begun.
    await new Promise((wake) => setTimeout(wake, 15 * timing.askEveryMs));
    expect(tabs.findIndex((tab) => tab.leading())).toBe(leader);
    expect(waiting[leader]?.end).not.toHaveBeenCalled();
    for (const tab of tabs) await tab.leave();
  });
});
