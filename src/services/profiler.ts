// What the Profiler page needs: plans, one running profile, and what it found.
import type { ErrorData } from '../core/errors.ts';
import type { ProfilePlan } from '../core/profiler/plan.ts';
import type { ProfileReport } from '../core/profiler/report.ts';
import type { ProfileRequest } from '../core/profiler/request.ts';
import type { ProfileProgress } from '../core/profiler/run.ts';

export interface ProfilerState {
  progress: ProfileProgress | null;
  /** What runs; null: nothing. */
  plan: ProfilePlan | null;
  /** Of the last one, since the page was opened. */
  report: ProfileReport | null;
  error: ErrorData | null;
}

export interface ProfilerService {
  state(): ProfilerState;
  /** That may be measured now. */
  servers(): { id: string; name: string }[];
  memoryTold(): boolean;
  /** Throws `input.profile-…` when there is nothing to measure, or too much. */
  plan(request: ProfileRequest, where: { here: boolean; servers: readonly string[] }): Promise<ProfilePlan>;
  /** Resolves when it has ended in any way. */
  start(plan: ProfilePlan): Promise<void>;
  cancel(): Promise<void>;
  watch(listener: () => void): () => void;
}
