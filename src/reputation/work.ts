// Long work that stays polite: measured progress, cancel by AbortSignal, and a pause every few
// milliseconds so that a page or a worker can answer meanwhile.
import { GnomonError } from '../core/errors.ts';

export type WorkStage = 'reading' | 'weights' | 'identities' | 'digests' | 'tree' | 'checking';

export interface WorkProgress {
  stage: WorkStage;
  /** Counted work, never an estimate. */
  done: number;
  total: number;
}

export interface Work {
  signal?: AbortSignal;
  /** Called at every pause and at the end of each stage. */
  onProgress?: (progress: WorkProgress) => void;
}

export interface Pacer {
  /** True when it is time to `pause`. Cheap enough for every turn of a loop. */
  due(): boolean;
  /** Reports, lets others run, and throws `cancelled.by-person` if the signal was aborted. */
  pause(stage: WorkStage, done: number, total: number): Promise<void>;
  /** Reports the end of a stage. */
  finish(stage: WorkStage, total: number): Promise<void>;
}

// A frame of a page at 30 per second; a cancel is felt at once.
const SLICE_MS = 30;

export function makePacer(work: Work = {}): Pacer {
  let sliceStart = performance.now();
  const stopIfCancelled = () => {
    if (work.signal?.aborted) {
      throw new GnomonError('cancelled.by-person', 'The work was cancelled.', {
        nextStep: 'Start it again.',
      });
    }
  };
  stopIfCancelled();
  const pause = async (stage: WorkStage, done: number, total: number) => {
    work.onProgress?.({ stage, done, total });
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    stopIfCancelled();
    sliceStart = performance.now();
  };
  return {
    due: () => performance.now() - sliceStart > SLICE_MS,
    pause,
    finish: (stage, total) => pause(stage, total, total),
  };
}
