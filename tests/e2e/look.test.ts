// Every page in its main states: accessible (axe), nothing wider than the window, targets for fingers, named
// fields, plain words, and stillness for those who ask for it. The states are in helpers/app-states.ts.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, serveApp } from '../helpers/app-server.ts';
import { STATES } from '../helpers/app-states.ts';
import type { AppState, Walk } from '../helpers/app-walk.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { axeFaults, moving, overflow, smallTargets, unnamedFields, visibleWords } from '../helpers/look.ts';

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
/** Words of ours that mean nothing to a person who claims. */
const FOREIGN_WORDS = /\b(node|artifact|witness)s?\b/i;
const SHOUTING = /!|\p{Extended_Pictographic}/u;
/** © and the like are pictographs to Unicode, not to people. */
const HARMLESS = /[©®™↔]/gu;

let browser: Browser;
let server: AppServer;
let context: BrowserContext;
let page: Page;
let walk: Walk;
const titles = new Map<string, string>();
/** The first state that could not be reached: those after it cannot either. */
let stuckAt: string | null = null;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), serveApp()]);
  context = await browser.newContext({
    serviceWorkers: 'block',
    reducedMotion: 'reduce',
    acceptDownloads: true,
    viewport: DESK,
  });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  walk = { page, server, kept: new Map(), closing: [] };
});
afterAll(async () => {
  await browser?.close();
  for (const close of walk?.closing ?? []) await close();
  await server?.stop();
});

async function show(size: typeof PHONE, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
}

/** Both themes and both widths for every state, in pairs that alternate. */
async function look(state: AppState, darkOnDesk: boolean): Promise<void> {
  const [onPhone, onDesk] = darkOnDesk ? (['light', 'dark'] as const) : (['dark', 'light'] as const);
  await show(DESK, onDesk);
  expect.soft(await overflow(page), 'at 1440 px').toBeNull();
  expect.soft(await axeFaults(page), `${onDesk}, 1440 px`).toEqual([]);

  await show(PHONE, onPhone);
  expect.soft(await overflow(page), 'at 390 px').toBeNull();
  expect.soft(await smallTargets(page), 'at 390 px').toEqual([]);
  expect.soft(await axeFaults(page), `${onPhone}, 390 px`).toEqual([]);

  expect.soft(await unnamedFields(page)).toEqual([]);
  expect.soft(await moving(page)).toEqual([]);
  const words = (await visibleWords(page)).replace(HARMLESS, '');
  expect.soft(words.match(SHOUTING)?.input ?? null).toBeNull();
  if (state.claiming === true) expect.soft(words.match(FOREIGN_WORDS)?.[0] ?? null).toBeNull();
  expect.soft(await page.getAttribute('html', 'lang')).toBe('en');
}

// One after the other: each state is reached from the one before it.
describe.sequential('the look of', () => {
  STATES.forEach((state, at) => {
    it(state.name, async () => {
      if (stuckAt !== null) throw new Error(`Not reached, since ${stuckAt} was not.`);
      stuckAt = state.name;
      await show(DESK, 'light');
      await state.reach(walk);
      titles.set(new URL(page.url()).pathname.replace(/^\/proofs\/.+/, '/proofs/:id'), await page.title());
      await look(state, at % 2 === 0);
      await state.leave?.(walk);
      stuckAt = null;
    });
  });

  it('gives every page a title of its own', () => {
    expect(titles.size).toBeGreaterThanOrEqual(8);
    expect(new Set(titles.values()).size).toBe(titles.size);
  });

  it('follows the chosen theme before the system’s, and moves only where motion is welcome', async () => {
    await page.goto(server.origin);
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await show(DESK, 'dark');
    expect(await paper()).toBe('rgb(18, 21, 26)');
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    expect(await paper()).toBe('rgb(251, 249, 244)');
    await page.reload();
    expect(await paper()).toBe('rgb(251, 249, 244)');
    await page.getByRole('button', { name: /^Theme: light/ }).click();
    await show(DESK, 'light');
    expect(await paper()).toBe('rgb(18, 21, 26)');

    await page.emulateMedia({ reducedMotion: 'no-preference' });
    const seconds = (await moving(page)).map((line) => Number(line.split(' ').at(-2)));
    expect(seconds.length).toBeGreaterThan(0);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(0.2);
  });
});
