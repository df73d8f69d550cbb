// The bar never goes back, the list never goes stale, the live region is never flooded.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Job, STAGES } from '../../src/core/job.ts';
import { makeJobList } from '../../src/ui/pages/proof/create-jobs.ts';
import {
  makeAnnouncer,
  makeProgressTrack,
  overallFraction,
  predictedShares,
} from '../../src/ui/pages/proof/progress-track.ts';
import { runs, testSeed } from '../helpers/scale.ts';
import { circuit, job, result } from './proof-fixtures.ts';

const attempts = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    number: at + 1,
    backendId: 'local',
    reason: '',
    rung: 'snarkjs-single' as const,
    startedAtMs: 0,
    endedAtMs: null,
    outcome: 'running' as const,
    error: null,
  }));

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

describe('the progress bar', () => {
  it('never goes back within an attempt and is full only when the proof is there', () => {
    const steps = fc.array(
      fc.record({
        stage: fc.constantFrom(...STAGES),
        fraction: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
        attempt: fc.integer({ min: 1, max: 3 }),
      }),
    );
    fc.assert(
      fc.property(steps, (events) => {
        const track = makeProgressTrack(predictedShares('reputation-64', []));
        let before = { attempt: 0, overall: 0 };
        for (const event of events.sort((a, b) => a.attempt - b.attempt)) {
          const running = job('running', { attempts: attempts(event.attempt) });
          const stages = track.update(running, { stage: event.stage, fraction: event.fraction, etaMs: null });
          const overall = overallFraction(stages);
          expect(overall).toBeLessThanOrEqual(1);
          if (event.attempt === before.attempt) expect(overall).toBeGreaterThanOrEqual(before.overall);
          expect(stages.filter((stage) => stage.state === 'now')).toHaveLength(1);
          before = { attempt: event.attempt, overall };
        }
        const done = track.update(job('succeeded', { attempts: attempts(before.attempt) }), null);
        expect(overallFraction(done)).toBeCloseTo(1, 9);
      }),
      { numRuns: runs(100, 2000), seed: testSeed },
    );
  });
});

describe('the live list', () => {
  it('holds the newest word on every job, however the first read and the events interleave', () => {
    const event = fc.oneof(
      fc.record({ type: fc.constant('changed' as const), id: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ type: fc.constant('removed' as const), id: fc.constantFrom('a', 'b', 'c') }),
    );
    fc.assert(
      fc.property(fc.array(event), fc.nat({ max: 20 }), fc.nat({ max: 20 }), (events, readAt, arrivesAt) => {
        // The store's truth, of which the list sees a snapshot taken earlier than it arrives.
        const store = new Map<string, Job>([['a', job('queued', { id: 'a' })]]);
        const list = makeJobList(() => {});
        let snapshot: Job[] | null = null;
        const last = events.length;
        const takes = Math.min(readAt, last);
        const comes = Math.min(Math.max(takes, arrivesAt), last);
        for (let at = 0; at <= last; at++) {
          if (at === takes) snapshot = [...store.values()];
          if (at === comes) list.load(snapshot!);
          const next = events[at];
          if (next?.type === 'changed') {
            const changed = job('running', { id: next.id, createdAtMs: at });
            store.set(next.id, changed);
            list.changed(changed);
          } else if (next?.type === 'removed') {
            store.delete(next.id);
            list.removed(next.id);
          }
        }
        const truth = [...store.values()].sort(
          (a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1),
        );
        expect(list.list()).toEqual(truth);
      }),
      { numRuns: runs(300, 5000), seed: testSeed },
    );
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
    list.changed(job('succeeded'));
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
