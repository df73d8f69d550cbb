// Peak memory and processor time of a page: its renderer process, workers included. From /proc, so null where
// there is none (not Linux).
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Bytes; the largest renderer's VmHWM. */
export async function peakRendererBytes(browser: Browser): Promise<number | null> {
  const peaks = await ofRenderers(browser, (pid) => {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  });
  return peaks.length === 0 ? null : Math.max(...peaks);
}

/** User and system time of all renderers so far. */
export async function rendererCpuMs(browser: Browser): Promise<number | null> {
  const times = await ofRenderers(browser, (pid) => {
    // Fields 14 and 15, counted in hundredths of a second; the second field is a name in brackets.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  });
  return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0);
}

async function ofRenderers(browser: Browser, read: (pid: number) => number | null): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo
    .filter(({ type }) => type === 'renderer')
    .flatMap(({ id }) => {
      try {
        return read(id) ?? [];
      } catch {
        return []; // it has ended, or there is no /proc
      }
    });
}
