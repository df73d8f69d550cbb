// How long a proof will take, beside the button that starts it: with the interval, and what it rests on.
import { createMemo, createSignal, type JSX, onCleanup, Show } from 'solid-js';
import type { CircuitEntry } from '../../../core/manifest.ts';
import type { PredictedDuration } from '../../../services/metrics.ts';
import { useServices } from '../../services.ts';

const BASIS: Record<PredictedDuration['basis'], string> = {
  measured: 'from the proofs made there before',
  scaled: 'judged by another size, until the first of this one',
  calibrated: 'from a short measurement of this device, until a proof has been made here',
  assumed: 'a first guess, until a proof has been made here',
};

export interface PredictedTimeProps {
  circuit: CircuitEntry | undefined;
  /** Where it will be made; this device when left out. */
  backendId?: string | undefined;
}

export function PredictedTime(props: PredictedTimeProps): JSX.Element {
  const { metrics } = useServices();
  const [version, setVersion] = createSignal(0);
  onCleanup(metrics.watch(() => setVersion((before) => before + 1)));
  const predicted = createMemo(() => {
    version();
    return props.circuit === undefined ? null : metrics.predict(props.circuit, props.backendId);
  });
  return (
    <Show when={predicted()}>
      {(known) => (
        <p class="quiet small predicted">
          Takes {known().words}: {BASIS[known().basis]}.
        </p>
      )}
    </Show>
  );
}
