// One order to a proving child and its one answer, to the end: by the answer, the child's death, its silence, or an
// abort. Whoever asks decides what becomes of the child.
import { GnomonError } from '../../src/core/errors.ts';
import type { Child } from './child.ts';
import type { ChildAnswers, Outcome, ProveReport } from './orders.ts';
import { aborted, died } from './thread-backend.ts';

/** `limitMs`: an answer that takes longer does not come. Rejects as `Backend.prove` would. */
export function askChild<T extends keyof ChildAnswers>(
  child: Child,
  order: object,
  answer: T,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<ChildAnswers[T]> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.onMessage = () => {};
      child.onDeath = () => {};
      action();
    };
    const onAbort = () => settle(() => reject(aborted()));
    const timer = setTimeout(() => settle(() => reject(died('silent'))), limitMs);
    signal.addEventListener('abort', onAbort);
    child.onDeath = (death) => settle(() => reject(died(death)));
    child.onMessage = (message) => {
      // From our own code in our own process: its shape is not in doubt.
      const report = message as ProveReport;
      if (report.type !== answer) return;
      const outcome = report.outcome as Outcome<ChildAnswers[T]>;
      settle(() => (outcome.ok ? resolve(outcome.value) : reject(GnomonError.fromData(outcome.error))));
    };
    if (signal.aborted) onAbort();
    else if (child.dead()) settle(() => reject(died('crash')));
    else child.send(order);
  });
}
