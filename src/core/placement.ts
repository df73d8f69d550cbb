// Where an attempt runs, and why, in words. Pure: the store asks inside its transaction.
import { type BackendView, type OffloadMode, type PlacementPolicy, rungOn } from './backend-view.ts';
import type { Attempt, Job } from './job.ts';
import { backReason, busyReason, hereReason, thereReason, withoutStop } from './placement-words.ts';
import type { Placed } from './ports.ts';
import { NOT_ALLOWED, SERVER_AWAY, STAYS_HERE } from './retry.ts';

/** What placement needs to know of a job. */
export type PlacedJob = Pick<
  Job,
  'privacy' | 'rung' | 'expectedPublicSignals' | 'secrets' | 'attempts' | 'queuedAtMs' | 'sendTo'
>;

type PlacedPolicy = Pick<PlacementPolicy, 'mode' | 'withoutExpectation' | 'whenLost'>;

/** Why a job goes nowhere for now, in words. */
export interface NotPlaced {
  waitingFor: string;
}

/** Leaving must be worth it: this much sooner, both as a share and in time. */
const WORTH_LEAVING_SHARE = 0.2;
const WORTH_LEAVING_MS = 500;
/** Below this there is little to gain from learning how fast another machine is. */
const WORTH_TRYING_MS = 3_000;

export function placement(
  job: PlacedJob,
  views: readonly BackendView[],
  policy: PlacedPolicy,
): Placed | NotPlaced {
  const past = pastOf(job, views);
  const awaited = awaitedBy(job, views, policy, past);
  if (awaited !== null) return waitFor(job, awaited, past);
  const reasons: string[] = [];
  const able: BackendView[] = [];
  for (const view of views) {
    const barred = whyNot(job, view, policy, past);
    if (barred === null) able.push(view);
    else reasons.push(barred);
  }
  const chosen = choose(job, able, past, policy.mode) ?? lastResort(job, views, policy, past);
  if (chosen === null) return { waitingFor: reasons.at(-1) ?? 'nothing here can prove' };
  const { view, instead } = chosen;
  if (view.free <= 0) return { waitingFor: busyReason(view, instead) };
  const rung = rungOn(view.rungs, job.rung);
  if (rung === null) return { waitingFor: `${view.label} cannot prove` };
  const blocked = views.find((other) => other.kind !== view.kind && !able.includes(other));
  const reason =
    view.kind === 'remote'
      ? thereReason(view, instead, job.sendTo === view.id, blocked ?? null)
      : hereReason(job, view, instead, past.last, policy.mode, rung, remoteTrouble(job, views, policy, past));
  return { backendId: view.id, backendLabel: view.label, rung, reason };
}

/** The server that this job waits for, whatever else could take it: the person has said so. */
function awaitedBy(
  job: PlacedJob,
  views: readonly BackendView[],
  policy: PlacedPolicy,
  past: Past,
): BackendView | null {
  if (policy.whenLost !== 'wait') return null;
  const awaits = ({ id }: BackendView) =>
    id === past.away || (policy.mode === 'ask' && id === job.sendTo && !past.failed.has(id));
  const view = views.find((one) => one.kind === 'remote' && awaits(one));
  if (view === undefined || view.setAside !== null || view.refusal !== null) return null;
  return whyItStays(job, view, policy, past) === null ? view : null;
}

function waitFor(job: PlacedJob, view: BackendView, past: Past): Placed | NotPlaced {
  const { state, reason } = view.health;
  if (state !== 'ready') {
    return {
      waitingFor: `${view.label}, as you have set it${reason === null ? '' : `: ${withoutStop(reason)}`}`,
    };
  }
  if (view.free <= 0) return { waitingFor: busyReason(view, null) };
  const rung = rungOn(view.rungs, job.rung);
  if (rung === null) return { waitingFor: `${view.label} cannot prove` };
  const why = view.id === past.away ? backReason(view) : thereReason(view, null, true, null);
  return { backendId: view.id, backendLabel: view.label, rung, reason: why };
}

interface Past {
  /** Backends that failed this job since the person last put it in the queue. */
  failed: ReadonlySet<string>;
  /** A remote's word ended an attempt for good, or could not be checked: only this machine's own counts. */
  staysHere: boolean;
  /** What became of the last attempt, where that was on a remote, in words. */
  last: string | null;
  /** Its id, when the connection to it was what failed. */
  away: string | null;
}

function pastOf(job: PlacedJob, views: readonly BackendView[]): Past {
  const locals = new Set(views.filter(({ kind }) => kind !== 'remote').map(({ id }) => id));
  const recent = job.attempts.filter(
    ({ startedAtMs, outcome }) => startedAtMs >= job.queuedAtMs && outcome === 'failed',
  );
  const elsewhere = recent.filter(({ backendId }) => !locals.has(backendId));
  const last = job.attempts.at(-1);
  return {
    failed: new Set(recent.map(({ backendId }) => backendId)),
    staysHere:
      locals.size > 0 &&
      elsewhere.some(({ error }) => error !== null && (!error.retryable || error.code === STAYS_HERE)),
    last: last === undefined ? null : lastWords(last, elsewhere.includes(last)),
    away:
      last !== undefined && elsewhere.includes(last) && SERVER_AWAY.includes(last.error?.code ?? '')
        ? last.backendId
        : null,
  };
}

/** It failed on a remote, or was brought back from one. */
function lastWords(
  { backendId, backendLabel = backendId, error }: Attempt,
  failedThere: boolean,
): string | null {
  if (failedThere) return `it did not work on ${backendLabel}`;
  return error?.code === NOT_ALLOWED ? `${backendLabel} may not have it any more` : null;
}

const NO_PAST: Past = { failed: new Set(), staysHere: false, last: null, away: null };

/** Whether the person still lets this remote have the job, whatever became of it there. */
export function mayStillHave(job: PlacedJob, view: BackendView, policy: PlacedPolicy): boolean {
  return view.setAside === null && whyItStays(job, view, policy, NO_PAST) === null;
}

/** Whether it also can, as things stand: now, or once it has a free slot. */
export function couldHave(job: PlacedJob, view: BackendView, policy: PlacedPolicy): boolean {
  return whyNot(job, view, policy, NO_PAST) === null;
}

/** Null when the view may and can take this job, now or once it has a free slot. */
function whyNot(job: PlacedJob, view: BackendView, policy: PlacedPolicy, past: Past): string | null {
  if (view.setAside !== null) return `${view.label} is set aside: ${view.setAside}`;
  if (view.kind === 'remote') {
    const stays = whyItStays(job, view, policy, past);
    if (stays !== null) return stays;
  }
  if (view.refusal !== null) return view.refusal;
  if (view.rungs.length === 0) return `${view.label} cannot prove`;
  const { state, reason } = view.health;
  return state === 'ready'
    ? null
    : `${view.label} is not ready${reason === null ? '' : `: ${withoutStop(reason)}`}`;
}

/** The tier, the mode and the person's permission for this very server; never the word of a fallback. */
function whyItStays(job: PlacedJob, view: BackendView, policy: PlacedPolicy, past: Past): string | null {
  if (job.privacy !== 'may-offload') return 'this job stays on this device';
  if (policy.mode === 'here') return 'you chose to prove only here';
  if (view.permission === 'nothing') return `you have not allowed ${view.label} to see inputs`;
  if (job.secrets.length > 0 && view.permission !== 'secrets') {
    return `it carries your identity’s secret, which you have not allowed ${view.label} to see`;
  }
  if (policy.mode === 'ask' && job.sendTo !== view.id) return `you did not choose ${view.label} for it`;
  // Not held to expected signals, a remote could prove something else.
  if (job.expectedPublicSignals === null && policy.withoutExpectation === 'stay') {
    return 'what it must show is only known here';
  }
  if (past.staysHere) return 'after the last try, only this device’s own word counts';
  return null;
}

/** Why the server that may have this job cannot take it, the chosen one first; null: none may have it. */
function remoteTrouble(
  job: PlacedJob,
  views: readonly BackendView[],
  policy: PlacedPolicy,
  past: Past,
): string | null {
  const may = views.filter(
    (view) =>
      view.kind === 'remote' && whyItStays(job, view, policy, past) === null && !past.failed.has(view.id),
  );
  const view = may.find(({ id }) => id === job.sendTo) ?? may[0];
  if (view === undefined) return null;
  return (
    whyNot(job, view, policy, past) ?? (view.falters ? `the last proofs on ${view.label} all failed` : null)
  );
}

interface Choice {
  view: BackendView;
  /** The best of the other kind, for the words. */
  instead: BackendView | null;
}

function choose(job: PlacedJob, able: BackendView[], past: Past, mode: OffloadMode): Choice | null {
  // Whoever has failed this job already comes last, whatever the times say; before that one that fails them all, unless
  // the person has chosen it for this one, or only a place that is too small for it would be left.
  const fresh = able.filter(({ id }) => !past.failed.has(id));
  const open = fresh.length > 0 ? fresh : able;
  const sound = open.filter((view) => view.falters !== true || view.id === job.sendTo);
  const from = sound.every(({ oversized }) => oversized === true) ? open : sound;
  const here = best(from.filter(({ kind }) => kind !== 'remote'));
  const remotes = from.filter(({ kind }) => kind === 'remote');
  const there = remotes.find(({ id }) => id === job.sendTo) ?? best(remotes);
  if (there === null) return here && { view: here, instead: null };
  if (here === null) return { view: there, instead: null };
  // What the person chose for this job goes before what would be sooner.
  const leaves = job.sendTo === there.id || (mode !== 'ask' && worthLeaving(here, there));
  return leaves ? { view: there, instead: here } : { view: here, instead: there };
}

/** A circuit that nothing here has room for is tried all the same, and fails with the cause, unless another
 * place may take it soon. */
function lastResort(
  job: PlacedJob,
  views: readonly BackendView[],
  policy: PlacedPolicy,
  past: Past,
): Choice | null {
  const soon = views.some(
    (view) =>
      view.kind === 'remote' &&
      view.health.state === 'starting' &&
      whyNot(job, { ...view, health: { state: 'ready', reason: null } }, policy, past) === null,
  );
  if (soon) return null;
  const here = views.find(
    (view) => view.kind !== 'remote' && whyNot(job, { ...view, refusal: null }, policy, past) === null,
  );
  return here === undefined ? null : { view: here, instead: null };
}

/** The soonest expected end; among those that cannot be told apart, the least loaded, then the first. */
function best(views: BackendView[]): BackendView | null {
  const free = views.filter((view) => view.free > 0);
  const rank = (view: BackendView) => totalMs(view) ?? unknownMs;
  // One that has never been measured is taken for as fast as the others.
  const unknownMs = Math.min(...views.map((view) => totalMs(view) ?? Number.POSITIVE_INFINITY));
  const compare = (a: BackendView, b: BackendView) => {
    const [aMs, bMs] = [rank(a), rank(b)];
    const near = Math.abs(aMs - bMs) <= 0.1 * Math.min(aMs, bMs) || aMs === bMs;
    return near ? a.load - b.load : aMs - bMs;
  };
  return [...(free.length > 0 ? free : views)].sort(compare)[0] ?? null;
}

function worthLeaving(here: BackendView, there: BackendView): boolean {
  if (there.free <= 0) return false;
  if (here.oversized === true) return true;
  const [hereMs, thereMs] = [totalMs(here), totalMs(there)];
  if (hereMs === null) return here.free <= 0;
  if (thereMs === null) return hereMs >= WORTH_TRYING_MS || here.free <= 0;
  const savedMs = hereMs - thereMs;
  return savedMs >= WORTH_LEAVING_MS && savedMs >= WORTH_LEAVING_SHARE * hereMs;
}

/** Until the proof is here; a full backend first finishes one of the same kind. Null: unknown. */
export function totalMs(view: BackendView): number | null {
  if (view.expected === null) return null;
  const queueMs = view.free > 0 ? 0 : view.expected.ms;
  return view.reachMs + view.waitMs + queueMs + view.expected.ms;
}
