// A slow device: Chromium's own throttling reaches a page but not its workers, so every renderer process of one
// browser, workers and threads with it, is stopped for most of each beat and let go for the rest of it.
import type { Browser } from 'playwright-core';

export interface SlowDevice {
  /** As fast as before, from now on. */
  end(): void;
}

/** Short beside any time limit in the page, long beside what a signal costs. */
const BEAT_MS = 200;

/** `times` as slow as it is; pages that are opened later are not slowed. */
export async function slowRenderers(browser: Browser, times: number): Promise<SlowDevice> {
  const pids = await rendererPids(browser);
  const runMs = BEAT_MS / times;
  let timer: NodeJS.Timeout | undefined;
  const signal = (which: 'SIGSTOP' | 'SIGCONT') => {
    for (const pid of pids) {
      try {
        process.kill(pid, which);
      } catch {
        pids.delete(pid);
      }
    }
  };
  const stop = () => {
    signal('SIGSTOP');
    timer = setTimeout(go, BEAT_MS - runMs);
  };
  const go = () => {
    signal('SIGCONT');
    timer = setTimeout(stop, runMs);
  };
  stop();
  return {
    end() {
      clearTimeout(timer);
      signal('SIGCONT');
    },
  };
}

async function rendererPids(browser: Browser): Promise<Set<number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return new Set(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id));
}
