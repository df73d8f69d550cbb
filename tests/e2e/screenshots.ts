// `npm run screenshots`: the main pages in their main states, light and dark, at 390 and 1440 px, as PNGs in
// dist/screenshots; `-- --docs` also renews the pictures of the README in docs/images.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../helpers/app.ts';
import { serveApp } from '../helpers/app-server.ts';
import { STATES } from '../helpers/app-states.ts';
import type { Walk } from '../helpers/app-walk.ts';
import { launchChromium } from '../helpers/chromium.ts';

const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [390, 1440].map((width) => ({ colorScheme, width, height: width === 390 ? 844 : 900 })),
);
/** State → picture in docs/images, light at 1440 px. */
const DOCS: Record<string, string> = { 'claim-threshold': 'claim.png', 'proof-verified': 'proof.png' };

const docs = process.argv.includes('--docs');
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (!existsSync(join(projectFolder, 'dist/app/index.html'))) {
  process.stderr.write('The app is not built. Run npm run build first.\n');
  process.exit(1);
}
const folder = join(projectFolder, 'dist/screenshots');
const docsFolder = join(projectFolder, 'docs/images');
mkdirSync(folder, { recursive: true });
mkdirSync(docsFolder, { recursive: true });

const closing: Walk['closing'] = [];
const [browser, server] = await Promise.all([launchChromium(), serveApp()]);
try {
  const context = await browser.newContext({
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const walk: Walk = { page, server, kept: new Map(), closing };
  for (const state of STATES) {
    await state.reach(walk);
    if (only.length === 0 || only.includes(state.name)) {
      for (const { colorScheme, width, height } of LOOKS) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        // A window as tall as the page, since what sticks to its edges would else lie over the middle. A dialog
        // stands in a window of ordinary size.
        if ((await page.getByRole('dialog').count()) === 0) {
          const tall = await page.evaluate(() => document.documentElement.scrollHeight);
          await page.setViewportSize({ width, height: Math.max(height, tall) });
        }
        await page.screenshot({ path: join(folder, `${state.name}-${colorScheme}-${width}.png`) });
        const picture = DOCS[state.name];
        if (docs && picture !== undefined && colorScheme === 'light' && width === 1440) {
          await page.setViewportSize({ width, height });
          await page.screenshot({ path: join(docsFolder, picture) });
        }
      }
      process.stdout.write(`${state.name}\n`);
    }
    await state.leave?.(walk);
  }
} finally {
  await browser.close();
  for (const close of closing) await close();
  await server.stop();
}
