// The line for the lead: granted, left, lost, and failing. Real locks are tried in tests/e2e.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeLeadership } from '../../src/browser/leader.ts';

const MINUTE = 60_000;

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
    await vi.advanceTimersByTimeAsync(0);
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
});
