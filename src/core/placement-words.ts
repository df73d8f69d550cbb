// The reason for a placement as a person reads it, before and after.

import type { BackendView, OffloadMode } from './backend-view.ts';
import { type Job, RUNGS, type Rung } from './job.ts';

/** "0.9 s", "12 s", "3 min". */
export function secondsText(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

function about(view: BackendView): string {
  if (view.expected === null) return 'not measured yet';
  const rough = view.expected.basis === 'measured' ? 'about' : 'roughly';
  const wait = view.waitMs >= 100 ? ` after waiting ${secondsText(view.waitMs)}` : '';
  const reach = view.kind === 'remote' ? ` and ${secondsText(view.reachMs)} to reach` : '';
  return `${rough} ${secondsText(view.expected.ms)}${wait}${reach}`;
}

/** An error's sentence as a part of one. */
export function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** How long a proof takes in this place, or why it cannot be made there now. */
export function outlookWords(view: BackendView): string {
  if (view.refusal !== null) return view.refusal;
  if (view.health.state !== 'ready') return 'not reached at the moment';
  return outlookOf(view) + sealing(view);
}

function outlookOf(view: BackendView): string {
  if (view.free > 0) return about(view);
  return view.expected === null ? 'busy, and not measured yet' : `${about(view)}, once a place is free`;
}

export function hereReason(
  job: Pick<Job, 'privacy' | 'rung'>,
  view: BackendView,
  there: BackendView | null,
  /** What became of the last attempt, where that was on a server. */
  last: string | null,
  mode: OffloadMode,
  rung: Rung,
  /** Why no server that may have it can take it. */
  trouble: string | null,
): string {
  const lower = job.rung !== RUNGS[0] && rung === job.rung ? ', on a smaller footing than before' : '';
  if (job.privacy === 'local-only') return `here${lower}: this job stays on this device`;
  if (mode === 'here') return `here${lower}: you chose to prove only here`;
  if (last !== null) return `here${lower}: ${last}`;
  if (there === null) return `here${lower}: ${trouble ?? 'no other place is allowed and ready'}`;
  if (there.free <= 0) return `here${lower}: ${about(view)}; ${there.label} is busy`;
  if (there.expected === null) return `here${lower}: ${about(view)}; ${there.label} is not measured yet`;
  return `here${lower}: ${about(view)}; ${there.label} would take ${about(there)}`;
}

export function thereReason(
  view: BackendView,
  here: BackendView | null,
  chosen: boolean,
  blocked: BackendView | null,
): string {
  return whyThere(view, here, chosen, blocked) + sealing(view);
}

/** Which key, so that whoever knows the server's can tell. */
function sealing({ sealedTo }: BackendView): string {
  return sealedTo == null ? '' : `; the input is sealed to its key ${sealedTo}`;
}

function whyThere(
  view: BackendView,
  here: BackendView | null,
  chosen: boolean,
  blocked: BackendView | null,
): string {
  const on = `on ${view.label}`;
  if (chosen) return `${on}: you chose it for this proof`;
  if (here === null) {
    if (blocked !== null && blocked.kind !== 'remote' && blocked.refusal !== null) {
      return `${on}: ${blocked.refusal}`;
    }
    return `${on}: ${about(view)}`;
  }
  if (here.oversized === true) return `${on}: ${about(view)}; it is larger than you chose to prove here`;
  if (view.expected === null) return `${on}: not measured yet; here it would take ${about(here)}`;
  if (here.free <= 0) return `${on}: ${about(view)}; ${here.label} is busy`;
  return `${on}: ${about(view)}; here it would take ${about(here)}`;
}

/** After its connection was lost. */
export function backReason(view: BackendView): string {
  return `on ${view.label}: it is back, and you have set that a proof waits for it${sealing(view)}`;
}

export function busyReason(view: BackendView, instead: BackendView | null): string {
  return instead === null || instead.free <= 0
    ? `${view.label} is busy`
    : `${view.label} is busy, and still sooner than ${instead.label}`;
}
