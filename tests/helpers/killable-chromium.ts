// A real Chromium whose whole process group can be killed at once, with a profile that outlives it.
import { spawn } from 'node:child_process';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { CHROMIUM_FLAGS, chromiumPath } from './chromium.ts';

export interface KillableChromium {
  /** The profile's own context: what it stores is there after a restart. */
  context: BrowserContext;
  open(url: string): Promise<Page>;
  /** SIGKILL to every process of the group: nobody gets to write a last word. Resolves when all are gone. */
  kill(): Promise<void>;
  /** Ends it in good order, so that everything is written. */
  close(): Promise<void>;
}

export async function launchKillable(profile: string): Promise<KillableChromium> {
  const flags = [
    ...CHROMIUM_FLAGS,
    '--headless',
    '--disable-breakpad',
    '--disable-crash-reporter',
    '--password-store=basic',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    'about:blank',
  ];
  const child = spawn(chromiumPath(), flags, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const group = child.pid;
  if (group === undefined) throw new Error('Chromium could not be started.');

  const kill = async () => {
    signalGroup(group);
    await exited;
    // The others of the group are not our children: gone when nobody is left to hear a signal.
    while (signalGroup(group)) await new Promise((wake) => setTimeout(wake, 20));
  };
  let browser: Browser;
  try {
    browser = await chromium.connectOverCDP(await debuggerAddress(child.stderr, exited));
  } catch (thrown) {
    await kill();
    throw thrown;
  }
  const context = browser.contexts()[0];
  if (context === undefined) throw new Error('Chromium has no profile context.');
  return {
    context,
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    kill,
    async close() {
      const session = await browser.newBrowserCDPSession();
      // The answer may be cut off by the end that it asks for.
      await session.send('Browser.close').catch(() => {});
      await exited;
      signalGroup(group);
    },
  };
}

/** False: nobody is left in it. */
function signalGroup(group: number): boolean {
  try {
    process.kill(-group, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

function debuggerAddress(stderr: NodeJS.ReadableStream, exited: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    stderr.on('data', (data) => {
      said += String(data);
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    void exited.then(() => reject(new Error(`Chromium ended: ${said}`)));
  });
}
