// Everything by keyboard alone: the sample claim from start to download, the skip link, where the focus goes
// after navigation, in dialogs and out of them, and that it can always be seen.
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../helpers/app.ts';
import { expectNoComplaints, openApp, PROOF_TIMEOUT_MS, waitForVerified } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';

/** More presses than any page has stops. */
const TABS_MAX = 60;

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Focus {
  tag: string;
  name: string;
  type: string;
  /** A ring on the element, or on the label that stands for it. */
  ring: boolean;
  inDialog: boolean;
  inWindow: boolean;
}

async function focus(page: Page): Promise<Focus> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const labels = (element as HTMLInputElement).labels ?? null;
    const name =
      element.getAttribute('aria-label') ??
      (labels !== null && labels.length > 0 ? labels[0]!.innerText : element.innerText);
    const ringed = [element, element.closest('label')].some((one) => {
      if (one === null) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1.5;
    });
    const box = element.getBoundingClientRect();
    return {
      tag: element.tagName.toLowerCase(),
      name: (name ?? '').trim(),
      type: element.getAttribute('type') ?? '',
      ring: ringed,
      inDialog: element.closest('[role=dialog]') !== null,
      inWindow: box.bottom > 0 && box.top < innerHeight,
    };
  });
}

/** Presses Tab until the named thing has the focus; every stop on the way must be visible and ringed. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<Focus> {
  const passed: string[] = [];
  for (let press = 0; press < TABS_MAX; press++) {
    await page.keyboard.press(key);
    const now = await focus(page);
    // Past the last stop the browser itself takes the focus for one press.
    if (now.tag === 'body') continue;
    expect(now, `ring on ${now.tag} "${now.name}"`).toMatchObject({ ring: true, inWindow: true });
    if (name.test(now.name)) return now;
    passed.push(now.name);
  }
  throw new Error(`Tab never reached ${name}; it passed ${passed.join(' | ')}`);
}

async function expectHeadingFocus(page: Page, name: RegExp): Promise<void> {
  await expect.poll(() => focus(page)).toMatchObject({ tag: 'h1', name: expect.stringMatching(name) });
}

describe('by keyboard alone', () => {
  it('the sample is claimed, proved and downloaded', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    await page.getByRole('heading', { level: 1 }).waitFor();
    await tabTo(page, /^Claim$/);
    await page.keyboard.press('Enter');
    await expectHeadingFocus(page, /^Claim$/);

    await tabTo(page, /^Use the sample claim$/);
    await page.keyboard.press('Enter');
    await expectHeadingFocus(page, /^Sample campaign/);

    // One stop for the whole group, arrows within it.
    expect(await tabTo(page, /^At least 0\.7/)).toMatchObject({ type: 'radio' });
    await page.keyboard.press('ArrowDown');
    expect((await focus(page)).name).toMatch(/^From 0\.6 to 0\.9/);
    expect(await page.getByRole('radio', { name: /^From 0\.6/ }).isChecked()).toBe(true);
    await page.getByText('Your score is from 0.6 to 0.9.').waitFor();
    await page.keyboard.press('Tab');
    expect((await focus(page)).name).toMatch(/^Recipient/);
    await page.keyboard.type('ada@example.org');

    await tabTo(page, /^Make the proof$/);
    await page.keyboard.press('Space');
    await page.waitForURL(/\/proofs\/.+/);
    await expectHeadingFocus(page, /^Sample campaign/);
    await waitForVerified(page);
    // The panel that was there while proving is gone; the focus is not.
    expect((await focus(page)).tag).not.toBe('body');

    await tabTo(page, /^Download claim file$/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    const claim = await readFile(await file.path(), 'utf8');
    expect(claim).toContain('ada@example.org');
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('a proof is cancelled, tried again and removed, and the focus is never lost', async () => {
    const app = await openApp(browser, server.origin);
    const { page } = app;
    await page.getByRole('heading', { level: 1 }).waitFor();
    await tabTo(page, /^Make a proof with the sample$/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/proofs\/.+/);
    await expectHeadingFocus(page, /^Sample campaign/);
    await tabTo(page, /^Cancel$/);
    await page.keyboard.press('Enter');
    await page.getByText('You cancelled this proof.').waitFor({ timeout: PROOF_TIMEOUT_MS });
    await expect.poll(async () => (await focus(page)).tag).not.toBe('body');

    await tabTo(page, /^Remove from this device$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect((await focus(page)).inDialog).toBe(true);
    await tabTo(page, /^Remove$/);
    await page.keyboard.press('Enter');
    await expectHeadingFocus(page, /^Proofs$/);
    await app.context.close();
  });

  it('the first stop skips to the page', async () => {
    const { page, context } = await openApp(browser, server.origin);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focus(page)).toMatchObject({ name: 'Skip to the page', ring: true, inWindow: true });
    await page.keyboard.press('Enter');
    expect((await focus(page)).tag).toBe('main');
    await page.keyboard.press('Tab');
    expect((await focus(page)).name).toBe('Make a proof with the sample');
    expect(new URL(page.url()).pathname).toBe('/');
    await context.close();
  });

  it('dialogs keep the focus, give it back, and make an identity', async () => {
    const app = await openApp(browser, server.origin, '/identity');
    const { page } = app;
    const dialog = page.getByRole('dialog');
    await page.getByText('No identity yet').waitFor();
    await tabTo(page, /^Make an identity$/);
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await expect.poll(() => focus(page)).toMatchObject({ tag: 'input', name: 'Name', inDialog: true });

    const stops = new Set<string>();
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let press = 0; press < 12; press++) {
        await page.keyboard.press(key);
        const now = await focus(page);
        expect(now).toMatchObject({ inDialog: true, ring: true });
        stops.add(now.name);
      }
    }
    expect([...stops].sort()).toEqual([
      'Cancel',
      'Close',
      'Make it',
      'Name',
      'Passphrase',
      'Passphrase again',
    ]);

    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => focus(page)).toMatchObject({ tag: 'button', name: 'Make an identity' });

    await page.keyboard.press('Enter');
    await expect.poll(() => focus(page)).toMatchObject({ name: 'Name', inDialog: true });
    await page.keyboard.type('Everyday');
    await page.keyboard.press('Tab');
    await page.keyboard.type('paper ink sun shadow');
    await page.keyboard.press('Tab');
    await page.keyboard.type('paper ink sun shadow');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Everyday' }).waitFor();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(async () => (await focus(page)).tag).not.toBe('body');
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('a server is added, allowed, paired, no longer allowed and removed, and the focus is never lost', async () => {
    const app = await openApp(browser, server.origin, '/servers');
    const { page } = app;
    const dialog = page.getByRole('dialog');
    const expectFocus = () => expect.poll(async () => (await focus(page)).tag).not.toBe('body');
    await page.getByText('No servers yet').waitFor();
    await tabTo(page, /^Add the server this page came from$/);
    await page.keyboard.press('Enter');
    await page.getByText('Connected', { exact: true }).waitFor();
    await expectFocus();
    await tabTo(page, /^Allow inputs$/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await tabTo(page, /^Allow$/);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Inputs of proofs that may leave').waitFor();
    await expectFocus();

    await tabTo(page, /^Allow claims too$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^I trust this server/);
    await page.keyboard.press('Space');
    await tabTo(page, /^Allow$/);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Inputs, and the secrets of your identities').waitFor();
    await expectFocus();

    await tabTo(page, /^Pair another device$/);
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await expect.poll(() => focus(page)).toMatchObject({ inDialog: true });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => focus(page)).toMatchObject({ name: 'Pair another device' });

    await tabTo(page, /^Stop allowing$/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing. No input goes there').waitFor();
    await expectFocus();
    await tabTo(page, /^Remove /);
    await page.keyboard.press('Enter');
    await page.getByText('No servers yet').waitFor();
    await expectFocus();
    await expectNoComplaints(app);
    await app.context.close();
  });

  it('each place of the navigation is reached, and its heading takes the focus', async () => {
    const { page, context } = await openApp(browser, server.origin);
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const place of ['Proofs', 'Identity', 'Verify', 'Campaign', 'Claim']) {
      // Focus is in the page after each navigation; backwards is the shorter way to the header.
      await tabTo(page, new RegExp(`^${place}$`), 'Shift+Tab');
      await page.keyboard.press('Enter');
      await expectHeadingFocus(page, new RegExp(`^${place}$`));
    }
    await context.close();
  });
});
