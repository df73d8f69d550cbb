// Finds a Chromium for the browser tests, or gets one where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { GnomonError } from '../src/core/errors.ts';
import { aptGet } from './test-programs.ts';

const CANDIDATES = [
  process.env.GNOMON_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Path of an installed Chromium, or undefined. */
export function findChromium(): string | undefined {
  return CANDIDATES.find((path) => path !== undefined && path !== '' && existsSync(path));
}

/** Installs with apt-get when allowed (CI=true or --install), else asks playwright for its own; ends with one
 * line that says what to do when neither works. */
export async function ensureChromium(mayInstall: boolean): Promise<string> {
  const found = findChromium();
  if (found !== undefined) return found;
  if (mayInstall) {
    aptGet('update', '-q');
    aptGet('install', '-y', '-q', '--no-install-recommends', 'chromium');
    const installed = findChromium();
    if (installed !== undefined) return installed;
  }
  spawnSync('npx', ['playwright-core', 'install', 'chromium'], { stdio: 'inherit' });
  const { chromium } = await import('playwright-core');
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  throw new GnomonError('resource.no-chromium', 'No Chromium found for the browser tests.', {
    nextStep: 'Install it (apt-get install chromium), or set GNOMON_CHROMIUM to its path, and run again.',
  });
}
