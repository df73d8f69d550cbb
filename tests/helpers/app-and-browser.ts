// A Chromium and the app, for all tests of a file.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type RunningServer, startServer } from './app.ts';
import { launchChromium } from './chromium.ts';

export interface AppAndBrowser {
  readonly browser: Browser;
  readonly app: RunningServer;
}

/** They run from the first test to after the last; `needed: false` starts nothing. */
export function useAppAndBrowser(needed = true): AppAndBrowser {
  let running: [Browser, RunningServer] | null = null;
  const get = (): [Browser, RunningServer] => {
    if (running === null) throw new Error('The browser and the app do not run outside of tests.');
    return running;
  };
  beforeAll(async () => {
    if (needed) running = await Promise.all([launchChromium(), startServer()]);
  }, 60_000);
  afterAll(async () => {
    await running?.[0].close();
    await running?.[1].stop();
  });
  return {
    get browser() {
      return get()[0];
    },
    get app() {
      return get()[1];
    },
  };
}
