// The running profile and the last report, as live signals.
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import type { ProfilerState } from '../../../services/profiler.ts';
import { useServices } from '../../services.ts';

export function createProfiler(): Accessor<ProfilerState> {
  const { profiler } = useServices();
  const [state, setState] = createSignal(profiler.state());
  onCleanup(profiler.watch(() => setState(profiler.state())));
  return state;
}
