// Jobs as REST answers.
import type { JobView } from '../jobs/view.ts';
import type { ProofAnswer } from './schemas.ts';

/** Of a job that succeeded. */
export function proofAnswer(view: JobView, signalNames: readonly string[]): ProofAnswer {
  const { result, context, jobId, circuitId } = view;
  if (result === null) throw new TypeError('A job without a result.');
  const signal = (name: string): string | null => result.publicSignals[signalNames.indexOf(name)] ?? null;
  return {
    proof: result.proof,
    publicSignals: result.publicSignals,
    circuit: circuitId,
    score: typeof context.score === 'number' ? context.score : null,
    nullifier: signal('nullifier'),
    root: signal('root'),
    verified: true,
    timings: { ...result.timingsMs },
    prover: result.prover,
    threads: result.threads,
    requestId: jobId,
    ...(context.subject === undefined ? {} : { subject: context.subject as string }),
    ...(context.claim === undefined ? {} : { claim: context.claim as NonNullable<ProofAnswer['claim']> }),
    ...(context.rejected === undefined
      ? {}
      : { rejected: context.rejected as NonNullable<ProofAnswer['rejected']> }),
  };
}

/** Names of the public signals, which a job carries for its answer. */
export function signalNamesOf({ context }: JobView): string[] {
  return Array.isArray(context.signalNames) ? (context.signalNames as string[]) : [];
}

export function statusAnswer(view: JobView, options: { full: boolean }) {
  const { error } = view;
  return {
    requestId: view.jobId,
    circuit: view.circuitId,
    status: view.state,
    priority: view.priority,
    position: view.position,
    stage: view.stage,
    progress: view.percent,
    estimatedRemainingMs: view.etaMs,
    attempts: view.attempts,
    createdAtMs: view.createdAtMs,
    startedAtMs: view.startedAtMs,
    endedAtMs: view.endedAtMs,
    ...(options.full && view.result !== null ? { result: proofAnswer(view, signalNamesOf(view)) } : {}),
    ...(error === null ? {} : { error }),
  };
}
