// Every stage can be seen, the list never goes stale, the live region is never flooded.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Job, STAGES } from '../../src/core/job.ts';
import { makeJobList } from '../../src/ui/pages/proof/create-jobs.ts';
import { makeAnnouncer, predictedShares } from '../../src/ui/pages/proof/stage-shares.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { circuit, job, result } from './proof-fixtures.ts';

describe('stage shares', () => {
  it('add to 1, leave every stage visible, and follow the newest run of the same circuit', () => {
    const ms = fc.record(Object.fromEntries(STAGES.map((stage) => [stage, fc.nat({ max: 100_000 })])));
    fc.assert(
      fc.property(ms, (timingsMs) => {
        const past = [
          job('succeeded', { result: { ...result, timingsMs }, endedAtMs: 9 }),
          job('succeeded', { result: { ...result, timingsMs: {} }, endedAtMs: 8 }),
          job('succeeded', { circuit: { ...circuit, id: 'other' }, endedAtMs: 10 }),
        ];
        const shares = predictedShares('reputation-64', past);
        const sum = STAGES.reduce((total, stage) => total + shares[stage], 0);
        expect(sum).toBeCloseTo(1, 9);
        for (const one of STAGES) {
          expect(shares[one]).toBeGreaterThan(0.03);
          for (const two of STAGES) {
            if (timingsMs[one]! > timingsMs[two]!) expect(shares[one]).toBeGreaterThanOrEqual(shares[two]);
          }
        }
      }),
    );
  });
});

describe('the live list', () => {
  it('holds the newest word on every job, however first read, events and their order interleave', () => {
    const event = fc.record({
      type: fc.constantFrom('changed' as const, 'changed' as const, 'removed' as const),
      id: fc.constantFrom('a', 'b', 'c'),
      // How many events later this one is heard, at most: they may overtake one another.
      late: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(event), fc.nat({ max: 20 }), fc.nat({ max: 20 }), (events, readAt, arrivesAt) => {
        const store = new Map<string, Job>([['a', job('queued', { id: 'a', createdAtMs: -1 })]]);
        const removed = new Set<string>();
        const list = makeJobList(() => {});
        const heard: { at: number; tell: () => void }[] = [];
        const takes = Math.min(readAt, events.length);
        const comes = Math.min(takes + arrivesAt, events.length);
        events.forEach((next, at) => {
          if (at === takes) {
            const snapshot = [...store.values()];
            heard.push({ at: comes - 0.5, tell: () => list.load(snapshot) });
          }
          if (removed.has(next.id)) return;
          const known = store.get(next.id);
          if (next.type === 'changed') {
            const changed = job('running', {
              id: next.id,
              createdAtMs: known?.createdAtMs ?? at,
              revision: (known?.revision ?? 0) + 1,
            });
            store.set(next.id, changed);
            heard.push({ at: at + next.late, tell: () => list.changed(changed) });
          } else {
            store.delete(next.id);
            removed.add(next.id);
            heard.push({ at, tell: () => list.removed(next.id) });
          }
        });
        if (takes === events.length) {
          const snapshot = [...store.values()];
          heard.push({ at: comes, tell: () => list.load(snapshot) });
        }
        for (const { tell } of heard.sort((a, b) => a.at - b.at)) tell();
        const truth = [...store.values()].sort(
          (a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1),
        );
        expect(list.list()).toEqual(truth);
      }),
      { numRuns: runs(500, 20_000), seed: testSeed },
    );
  });

  it('takes a job that is submitted anew under the id of a removed one', () => {
    const list = makeJobList(() => {});
    list.load([job('failed', { revision: 7 })]);
    list.removed('job-1');
    list.changed(job('failed', { revision: 6 }));
    expect(list.list()).toEqual([]);
    const anew = job('queued', { createdAtMs: 2000 });
    list.changed(anew);
    expect(list.list()).toEqual([anew]);
  });

  it('drops what another tab removed unheard, but nothing that came while it was read', () => {
    const list = makeJobList(() => {});
    list.load([job('queued', { id: 'removed' }), job('queued', { id: 'stays' })]);
    const known = list.ids();
    list.changed(job('queued', { id: 'came' }));
    list.load([job('running', { id: 'stays', revision: 3 })], known);
    expect(list.list()?.map(({ id, state }) => [id, state])).toEqual([
      ['came', 'queued'],
      ['stays', 'running'],
    ]);
  });

  it('says nothing before the first read and forgets the progress of a job that ended', () => {
    const list = makeJobList(
      () => {},
      () => 42,
    );
    expect(list.list()).toBeNull();
    list.load([]);
    expect(list.list()).toEqual([]);
    const progress = { stage: 'proving' as const, fraction: 0.5, etaMs: null };
    list.progressed('job-1', progress);
    expect(list.progressOf('job-1')).toEqual({ progress, receivedAtMs: 42 });
    list.changed(job('running'));
    expect(list.progressOf('job-1')).not.toBeNull();
    list.changed(job('succeeded', { revision: 2 }));
    expect(list.progressOf('job-1')).toBeNull();
  });
});

describe('the announcer', () => {
  it('speaks at most once per interval, ends on the newest sentence and never repeats itself', () => {
    const told = fc.array(
      fc.record({ afterMs: fc.nat({ max: 3000 }), text: fc.constantFrom('a', 'b', 'c') }),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(told, (sentences) => {
        let nowMs = 0;
        const timers: { atMs: number; run: () => void }[] = [];
        const spoken: { atMs: number; text: string }[] = [];
        const announcer = makeAnnouncer((text) => spoken.push({ atMs: nowMs, text }), 5000, {
          now: () => nowMs,
          after(ms, run) {
            const timer = { atMs: nowMs + ms, run };
            timers.push(timer);
            return () => void timers.splice(timers.indexOf(timer), 1);
          },
        });
        const goTo = (atMs: number) => {
          for (;;) {
            const due = timers.filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs)[0];
            if (due === undefined) break;
            nowMs = due.atMs;
            timers.splice(timers.indexOf(due), 1);
            due.run();
          }
          nowMs = atMs;
        };
        for (const { afterMs, text } of sentences) {
          goTo(nowMs + afterMs);
          announcer.tell(text);
        }
        goTo(nowMs + 10_000);
        expect(spoken.at(-1)!.text).toBe(sentences.at(-1)!.text);
        for (let at = 1; at < spoken.length; at++) {
          expect(spoken[at]!.atMs - spoken[at - 1]!.atMs).toBeGreaterThanOrEqual(5000);
          expect(spoken[at]!.text).not.toBe(spoken[at - 1]!.text);
        }
      }),
      { numRuns: runs(200, 5000), seed: testSeed },
    );
  });
});
