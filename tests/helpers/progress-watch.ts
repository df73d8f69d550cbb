// How live a proof's progress is: what the bar on the page shows, and when news of it came over the wire.
import type { Page } from 'playwright-core';
import type { Meddler } from './meddler.ts';

export interface BarReading {
  atMs: number;
  percent: number;
  words: string;
}

/** Notes every value that a progress bar takes from now on, on whatever page of the app. Returns what reads them. */
export async function watchBar(page: Page): Promise<() => Promise<BarReading[]>> {
  await page.evaluate(() => {
    const readings: { atMs: number; percent: number; words: string }[] = [];
    Object.assign(globalThis, { barReadings: readings });
    new MutationObserver(() => {
      const bar = document.querySelector('[role=progressbar]');
      if (bar === null) return;
      const percent = Number(bar.getAttribute('aria-valuenow'));
      const words = bar.getAttribute('aria-valuetext') ?? '';
      const last = readings.at(-1);
      if (last?.percent === percent && last.words === words) return;
      readings.push({ atMs: performance.now(), percent, words });
    }).observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['aria-valuenow', 'aria-valuetext'],
    });
  });
  return () => page.evaluate('barReadings') as Promise<BarReading[]>;
}

/** The different values that were seen while the proof itself was made. */
export function provingPercents(readings: readonly BarReading[]): number[] {
  return [
    ...new Set(
      readings.filter(({ words }) => words.includes('Making the proof')).map(({ percent }) => percent),
    ),
  ];
}

/** Notes when the server tells how far a proof is. Returns the times between, in milliseconds. */
export function watchNews(meddler: Meddler): () => number[] {
  const atMs: number[] = [];
  meddler.answer = (text) => {
    const { type, data } = JSON.parse(text);
    if (type === 'progress' && data.stage === 'proving') atMs.push(performance.now());
    return text;
  };
  return () => atMs.slice(1).map((at, before) => at - (atMs[before] as number));
}
