// Peak memory and processor time of a page: its renderer process, workers included. From /proc, so null where
// there is none (not Linux).
import { readFileSync } from 'node:fs';
import type { Browser, CDPSession } from 'playwright-core';

/** A process, where it could be told. */
export type Renderer = number | null;

/** Bytes: the process' VmHWM. */
export function peakBytes(renderer: Renderer): number | null {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(renderer, 'status') ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** User and system time so far. */
export function cpuMs(renderer: Renderer): number | null {
  const stat = read(renderer, 'stat');
  if (stat === null) return null;
  // Fields 14 and 15, counted in hundredths of a second; the second field is a name in brackets.
  const fields = stat.replace(/^.*\) /, '').split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const BUSY_MS = 150;
const TRIES = 40;

/** Which renderer a page runs in: the one that is busy when the page is, and idle when it is, twice in a row. The
 * browser has others, for its own parts and for pages to come, and some are larger than a small page. */
export async function rendererOf(
  browser: Browser,
  beBusy: (ms: number) => Promise<unknown>,
): Promise<Renderer> {
  const session = await browser.newBrowserCDPSession();
  const idle = () => new Promise((resolve) => setTimeout(resolve, BUSY_MS));
  let last: Renderer = null;
  for (let i = 0; i < TRIES; i++) {
    const start = await timesOf(session);
    if (start.size === 0) break;
    await idle();
    const rested = await timesOf(session);
    await beBusy(BUSY_MS);
    const worked = await timesOf(session);
    const since = (pid: number, to: Map<number, number>, from: Map<number, number>) =>
      (to.get(pid) ?? 0) - (from.get(pid) ?? 0);
    const found = [...worked.keys()].filter(
      (pid) => since(pid, rested, start) < BUSY_MS / 6 && since(pid, worked, rested) > BUSY_MS / 3,
    );
    const only: Renderer = found.length === 1 ? found[0]! : null;
    if (only !== null && only === last) return only;
    last = only;
  }
  return null;
}

async function timesOf(session: CDPSession): Promise<Map<number, number>> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const times = new Map<number, number>();
  for (const { id, type } of processInfo) {
    const ms = type === 'renderer' ? cpuMs(id) : null;
    if (ms !== null) times.set(id, ms);
  }
  return times;
}

function read(pid: Renderer, file: string): string | null {
  try {
    return pid === null ? null : readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // it has ended, or there is no /proc
  }
}
