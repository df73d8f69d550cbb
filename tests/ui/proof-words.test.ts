// What the proof pages say: claims, times and failures in words.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorData } from '../../src/core/errors.ts';
import { scoreText } from '../../src/ui/components/format.ts';
import { claimKind, claimWords, readClaimSignals } from '../../src/ui/pages/proof/claim-words.ts';
import {
  isLocal,
  leftAt,
  nowWords,
  timeLeftWords,
  troubleView,
  whereItRan,
} from '../../src/ui/pages/proof/job-words.ts';
import { circuit, job, result } from './proof-fixtures.ts';

const attempt = {
  number: 1,
  backendId: 'local',
  reason: '',
  rung: 'snarkjs-single' as const,
  startedAtMs: 0,
  endedAtMs: 1,
  outcome: 'failed' as const,
  error: null,
};

function error(code: string, over: Partial<ErrorData> = {}): ErrorData {
  const group = code.split('.')[0] as ErrorData['group'];
  return { group, code, message: 'It broke.', nextStep: 'Mend it.', retryable: false, ...over };
}

describe('a paused job', () => {
  it('says so, whether it or the whole queue is paused', () => {
    const waiting = job('queued');
    expect(nowWords(waiting, null, 0, false)).toBe('Waiting its turn');
    expect(nowWords(waiting, null, 0, true)).toBe('Waiting until the queue goes on');
    expect(nowWords({ ...waiting, paused: true }, null, 0, true)).toBe('Paused');
    // What runs is finished.
    expect(nowWords(job('running'), null, 0, true)).toBe('Under way');
  });
});

describe('a claim in words', () => {
  it('reads the signals by the names of the circuit', () => {
    expect(readClaimSignals(circuit, result.publicSignals)).toEqual({
      root: '11',
      nullifier: '22',
      scope: '33',
      message: '44',
      asOf: 1_700_000_000,
      baseRatePpm: 500_000,
      lowerPpm: 700_000,
      upperPpm: 1_000_000,
    });
  });

  it('reads nothing from a circuit that is not about reputation, or from odd signals', () => {
    expect(readClaimSignals({ ...circuit, capacity: null }, result.publicSignals)).toBeNull();
    expect(readClaimSignals(circuit, result.publicSignals.slice(1))).toBeNull();
    const odd = [...result.publicSignals];
    odd[6] = '1000001';
    expect(readClaimSignals(circuit, odd)).toBeNull();
    odd[6] = '0700000';
    expect(readClaimSignals(circuit, odd)).toBeNull();
    expect(readClaimSignals({ ...circuit, publicSignals: 'abcdefgh'.split('') }, odd)).toBeNull();
  });

  it('never says more than the bounds do', () => {
    const ppm = fc.oneof(fc.constantFrom(0, 1_000_000), fc.integer({ min: 0, max: 1_000_000 }));
    fc.assert(
      fc.property(ppm, ppm, (one, two) => {
        const lowerPpm = Math.min(one, two);
        const upperPpm = Math.max(one, two);
        const signals = { ...readClaimSignals(circuit, result.publicSignals)!, lowerPpm, upperPpm };
        const words = claimWords(signals, 64);
        const said = [words.headline, ...words.proves].join(' ');
        expect(words.kind === 'exact').toBe(lowerPpm === upperPpm);
        expect(/exactly/.test(said)).toBe(lowerPpm === upperPpm);
        expect(words.hidden.some((line) => /score/.test(line))).toBe(words.kind !== 'exact');
        if (words.kind === 'threshold') expect(said).toContain(`at least ${scoreText(lowerPpm)}`);
        if (words.kind === 'band') expect(said).toContain(`${scoreText(lowerPpm)} to ${scoreText(upperPpm)}`);
        expect(Math.round(Number(scoreText(lowerPpm)) * 1_000_000)).toBe(lowerPpm);
      }),
    );
    expect(claimKind(0, 1_000_000)).toBe('membership');
  });
});

describe('times in words', () => {
  const live = (stage: 'witness' | 'proving', etaMs: number | null) => ({
    progress: { stage, fraction: 0.5, etaMs },
    receivedAtMs: 0,
  });

  it('counts an estimate down from when it was received, and says when it ran out', () => {
    const words = (nowMs: number) => timeLeftWords(leftAt(live('proving', 10_000), nowMs));
    expect(words(0)).toBe('about 10 s left');
    expect(words(4_000)).toBe('about 6 s left');
    expect(words(9_000)).toBe('almost done');
    expect(words(12_000)).toBe('taking longer than expected');
  });

  it('says between what the time left lies, as it narrows and runs down', () => {
    const words = (etaMs: number, lowMs: number, highMs: number, nowMs = 0) => {
      const progress = { ...live('proving', etaMs).progress, etaWithin: { lowMs, highMs } };
      return timeLeftWords(leftAt({ progress, receivedAtMs: 0 }, nowMs));
    };
    expect(words(60_000, 40_000, 120_000)).toBe('40 s to 2 min left');
    expect(words(60_000, 40_000, 80_000)).toBe('40 to 80 s left');
    expect(words(10_000, 8_000, 13_000)).toBe('8 to 13 s left');
    expect(words(10_000, 8_000, 13_000, 5_000)).toBe('3 to 8 s left');
    expect(words(10_000, 8_000, 13_000, 7_500)).toBe('up to 6 s left');
    expect(words(10_000, 9_900, 10_100)).toBe('about 10 s left');
    // It may take some seconds still, however little is expected.
    expect(words(1_200, 900, 4_000)).toBe('up to 4 s left');
    expect(words(1_000, 800, 1_400)).toBe('almost done');
  });

  it('invents no time before there is an estimate', () => {
    expect(timeLeftWords(leftAt(live('proving', null), 0))).toBeNull();
    expect(timeLeftWords(leftAt(null, 0))).toBeNull();
  });

  it('says what is happening now', () => {
    expect(nowWords(job('running'), null, 0)).toBe('Under way');
    expect(nowWords(job('running'), live('witness', null), 0)).toBe('Working out the numbers');
    expect(nowWords(job('queued'), null, 0)).toBe('Waiting its turn');
    const again = job('queued', { attempts: [attempt], availableAtMs: 5000 });
    expect(nowWords(again, null, 1000)).toBe('Trying again in about 4 s');
    expect(nowWords(again, null, 6000)).toBe('Trying again');
  });
});

describe('where a job ran', () => {
  it('marks what left the device', () => {
    expect(whereItRan(job('queued'))).toBe('Has not run yet');
    expect(whereItRan(job('failed', { attempts: [attempt] }))).toBe('On this device');
    expect(whereItRan(job('failed', { attempts: [attempt, { ...attempt, backendId: 'Office' }] }))).toBe(
      'On Office',
    );
    const cameBack = job('failed', { attempts: [{ ...attempt, backendId: 'Office' }, attempt] });
    expect(whereItRan(cameBack)).toBe('On this device, earlier on Office');
    expect(['local', 'local-worker', 'local:2'].every(isLocal)).toBe(true);
    expect(['localhost', 'remote-local', 'Local office'].some(isLocal)).toBe(false);
  });
});

describe('a failure in words', () => {
  it('is there only for jobs that ended without a proof', () => {
    expect(troubleView(job('running'))).toBeNull();
    expect(troubleView(job('succeeded'))).toBeNull();
    expect(troubleView(job('cancelled'))?.what).toBe('You cancelled this proof.');
  });

  it('offers another try only where it can help and the input is still there', () => {
    const kept = { inputKept: true };
    const offered = (code: string, over = {}) =>
      troubleView(job('failed', { error: error(code, over), ...kept }))!.retry.offered;
    expect(offered('network.offline', { retryable: true })).toBe(true);
    expect(offered('internal.unexpected')).toBe(true);
    expect(offered('witness.unsatisfied')).toBe(false);
    expect(offered('input.range')).toBe(false);
    expect(troubleView(job('failed', { error: error('network.offline') }))!.retry).toEqual({
      offered: false,
      why: expect.stringContaining('deleted'),
    });
  });

  it('names the identity to unlock, for a job that waits for it and for one that failed of it', () => {
    const locked = error('input.identity-locked');
    for (const stopped of [
      job('queued', { held: locked }),
      job('failed', { error: locked, inputKept: true }),
    ]) {
      const view = troubleView(stopped)!;
      expect(view.lockedIdentityId).toBe('id-1');
      expect(view.retry.offered).toBe(true);
    }
    expect(troubleView(job('queued', { error: error('network.offline') }))).toBeNull();
    expect(nowWords(job('queued', { held: locked }), null, 0)).toBe('Waiting for you');
  });
});
