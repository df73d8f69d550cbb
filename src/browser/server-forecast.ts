// Where a proof would be made if it were started now, how long it would take in each place, and what one that waits
// is waiting for.
import { type BackendView, type PlacementPolicy, rungOn, viewOf } from '../core/backend-view.ts';
import type { Estimates, Expectation } from '../core/estimates.ts';
import { type Job, RUNGS } from '../core/job.ts';
import type { CircuitEntry } from '../core/manifest.ts';
import { type PlacedJob, placement } from '../core/placement.ts';
import { outlookWords } from '../core/placement-words.ts';
import type { Backend } from '../core/ports.ts';
import type { StageTimes } from '../core/time-left.ts';

export interface ForecastJob extends Pick<PlacedJob, 'privacy' | 'sendTo'> {
  circuit: CircuitEntry;
  /** It carries an identity's secret. */
  secrets: boolean;
  /** Of a job that is in the queue already. */
  soFar?: Pick<Job, 'attempts' | 'queuedAtMs' | 'rung'>;
}

export interface Foresight {
  /** Null: nowhere yet; `reason` says what for it would wait. */
  backendId: string | null;
  reason: string;
  /** Of that backend, witness and proof; null while nothing is known. */
  expected: Expectation | null;
  /** To get there and back, and until it would begin. */
  waitMs: number;
  stages: StageTimes;
}

export interface Forecasts {
  /** Where a proof would be made if it were started now, and why. */
  foresee(job: ForecastJob): Foresight;
  /** How long a proof on this circuit would take in each place, in words; the first is this device. */
  outlooks(circuit: CircuitEntry): Outlook[];
}

export interface Outlook {
  backendId: string;
  words: string;
  /** It cannot be made there as that place is; `words` say why. */
  refused: boolean;
}

const TOP = RUNGS[0] as Job['rung'];

export function makeForecasts(
  backends: () => readonly Backend[],
  policyNow: () => PlacementPolicy,
  estimates: Estimates,
): Forecasts {
  const viewsOf = (job: Pick<Job, 'circuit' | 'rung'>, policy: PlacementPolicy): BackendView[] =>
    backends().map((backend) => viewOf(backend, 0, policy, estimates, job));
  return {
    foresee({ circuit, secrets, privacy, sendTo, soFar }) {
      const job: PlacedJob & { circuit: CircuitEntry } = {
        circuit,
        privacy,
        ...(sendTo === undefined ? {} : { sendTo }),
        rung: TOP,
        expectedPublicSignals: null,
        secrets: secrets ? [{ signal: 'secret', identityId: 'any' }] : [],
        attempts: [],
        queuedAtMs: 0,
        ...soFar,
      };
      const policy = policyNow();
      const views = viewsOf(job, policy);
      const placed = placement(job, views, policy);
      const isPlaced = 'backendId' in placed;
      const view = isPlaced ? views.find(({ id }) => id === placed.backendId) : views[0];
      const rung = view === undefined || view.kind === 'remote' ? null : rungOn(view.rungs, job.rung);
      return {
        backendId: isPlaced ? placed.backendId : null,
        reason: isPlaced ? placed.reason : placed.waitingFor,
        expected: view === undefined ? null : estimates.expect(view.id, rung, circuit),
        waitMs: (view?.reachMs ?? 0) + (view?.waitMs ?? 0),
        stages: estimates.stages(view?.id ?? '', rung, circuit),
      };
    },
    outlooks: (circuit) =>
      viewsOf({ circuit, rung: TOP }, policyNow()).map((view) => ({
        backendId: view.id,
        words: outlookWords(view),
        refused: view.refusal !== null,
      })),
  };
}
