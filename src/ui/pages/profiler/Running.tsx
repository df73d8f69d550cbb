// A profile that runs: how far it is, what is measured, and the way to stop it.
import { createSignal, type JSX, Show } from 'solid-js';
import { cellText } from '../../../core/profiler/words.ts';
import type { ProfilerState } from '../../../services/profiler.ts';
import { Button } from '../../components/Button.tsx';
import { aboutMs } from '../../components/format.ts';
import { ProgressBar } from '../../components/StageBar.tsx';
import { useServices } from '../../services.ts';

export function Running(props: { state: ProfilerState }): JSX.Element {
  const { profiler } = useServices();
  const [cancelling, setCancelling] = createSignal(false);
  const progress = () => props.state.progress;
  const words = () => {
    const now = progress();
    if (now === null) return 'Starting';
    if (now.state === 'waiting') return `Waiting: ${now.waitingFor}`;
    const cell = props.state.plan?.cells.find(({ id }) => id === now.cell);
    if (cell === undefined) return 'Starting';
    const name = cellText({ ...cell, circuit: cell.circuit.id });
    return `${now.warmUp ? 'Warming up' : 'Measuring'}: ${name}`;
  };
  const cancel = async () => {
    setCancelling(true);
    await profiler.cancel();
  };
  return (
    <div class="panel stack-s">
      <ProgressBar label="Profile" fraction={progress()?.fraction ?? 0} words={words()} />
      <p class="quiet small">
        <Show when={progress()}>
          {(now) => (
            <>
              Proof {Math.min(now().done + 1, now().total)} of {now().total}, {aboutMs(now().etaMs)} left.
            </>
          )}
        </Show>
      </p>
      <div class="row">
        <Button icon="close" busy={cancelling()} onClick={() => void cancel()}>
          {cancelling() ? 'Stopping' : 'Stop measuring'}
        </Button>
        <span class="quiet small">What was measured until then is kept.</span>
      </div>
    </div>
  );
}
