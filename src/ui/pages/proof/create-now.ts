// The present time as a signal, ticking only while something on the page counts.
import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js';

/** Often enough for whole seconds to be right. */
const TICK_MS = 500;

export function createNow(ticking: Accessor<boolean>): Accessor<number> {
  const [nowMs, setNowMs] = createSignal(Date.now());
  createEffect(() => {
    if (!ticking()) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    onCleanup(() => clearInterval(timer));
  });
  return nowMs;
}
