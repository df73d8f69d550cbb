// Servers and connections that are lost in mid-proof, with real servers and a real Chromium: each proof ends, once,
// where the person would have it.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useAppAndBrowser } from '../helpers/app-and-browser.ts';
import { openApp, PROOF_TIMEOUT_MS, waitForVerified } from '../helpers/app-page.ts';
import { axeFaults } from '../helpers/look.ts';
import {
  addServer,
  chooseMode,
  factOf,
  killPlace,
  makeProof,
  openSample,
  type Place,
  startPlace,
  submits,
} from '../helpers/offload-page.ts';

const world = useAppAndBrowser();
const TIMEOUT = 2 * PROOF_TIMEOUT_MS;
const OFFICE = 'Office server';
const HOME = 'Home server';

/** Opens the app on its Servers page with these servers running, and ends all of it afterwards. */
async function withServers(
  names: string[],
  test: (page: Page, ...places: Place[]) => Promise<void>,
): Promise<void> {
  const places = await Promise.all(names.map((name) => startPlace({ name, appOrigin: world.app.origin })));
  const { page, context } = await openApp(world.browser, world.app.origin, '/servers');
  page.setDefaultTimeout(PROOF_TIMEOUT_MS);
  try {
    for (const place of places) await addServer(page, place, 'secrets');
    await test(page, ...places);
  } finally {
    await context.close();
    await Promise.all(places.map((place) => place.close()));
  }
}

/** Runs `act` at the first word of its being made there, which the page does not hear. Returns whether it has. */
function inMidProof({ meddler }: Place, act: () => void): () => boolean {
  let done = false;
  meddler.answer = (text) => {
    if (done || !text.includes('"proving"')) return text;
    done = true;
    act();
    return null;
  };
  return () => done;
}

/** As the page counts them. */
async function expectCounted(page: Page, proofs: number): Promise<void> {
  await page.getByRole('contentinfo').getByRole('link', { name: 'Insights' }).click();
  const made = new RegExp(`^Proofs made\\s*${proofs}\\s*$`);
  await page.locator('.insight-head div').filter({ hasText: made }).waitFor();
}

async function tries(page: Page): Promise<string[]> {
  const rows = page.getByRole('table', { name: /^Each try/ }).getByRole('row');
  return (await rows.allInnerTexts()).slice(1).map((row) => row.replaceAll('\t', ' '));
}

// Side by side, since each mostly waits until a server counts as lost.
describe.concurrent('a server that is killed in mid-proof', () => {
  it('is followed by the next one that may have the proof, which ends once', { timeout: TIMEOUT }, () =>
    withServers([OFFICE, HOME], async (page, office, home) => {
      // As the Profiler would advise a device that is too slow: what may leave goes to a server, and the first of
      // two that nothing is known of is the first of the list.
      await page.evaluate(() => {
        localStorage.setItem('gnomon.settings', JSON.stringify({ hereConstraintsMost: 1000 }));
      });
      await page.reload();
      await chooseMode(page, 'Wherever it is sooner');
      const killed = inMidProof(office, () => killPlace(office));
      await openSample(page);
      await page.getByText(/^Now: on Office server: .*larger than you chose to prove here\.$/).waitFor();
      await makeProof(page);
      await waitForVerified(page);
      expect(killed()).toBe(true);
      expect(await factOf(page, 'Where')).toBe(`On ${HOME}`);
      expect(await factOf(page, 'Why there')).toMatch(
        /^on Home server: .*larger than you chose to prove here$/,
      );
      expect(await tries(page)).toEqual([
        expect.stringMatching(/^1 on Office server: .* The connection to Office server/),
        expect.stringMatching(/^2 on Home server: .* Proved$/),
      ]);
      expect([submits(office), submits(home)]).toEqual([1, 1]);
      await expectCounted(page, 1);
    }),
  );

  it('is followed by this device when there is no other, once', { timeout: TIMEOUT }, () =>
    withServers([OFFICE], async (page, office) => {
      await chooseMode(page, 'Ask each time');
      const killed = inMidProof(office, () => killPlace(office));
      await openSample(page);
      await page.getByRole('radio', { name: OFFICE }).check();
      await makeProof(page);
      await waitForVerified(page);
      expect(killed()).toBe(true);
      expect(await factOf(page, 'Where')).toBe(`On this device, earlier on ${OFFICE}`);
      expect(await tries(page)).toHaveLength(2);
      await expectCounted(page, 1);
    }),
  );
});

describe('a connection that is lost in mid-proof', () => {
  it(
    'comes back, and the proof goes on there: submitted once, one try, counted once',
    {
      timeout: TIMEOUT,
    },
    () =>
      withServers([OFFICE], async (page, office) => {
        await chooseMode(page, 'Ask each time');
        const cut = inMidProof(office, () => office.meddler.cutAll());
        await openSample(page);
        await page.getByRole('radio', { name: OFFICE }).check();
        await makeProof(page);
        await waitForVerified(page);
        expect(cut()).toBe(true);
        expect(await factOf(page, 'Where')).toBe(`On ${OFFICE}`);
        expect(submits(office)).toBe(1);
        expect(office.meddler.sent.filter((text) => text.includes('"subscribe"'))).toHaveLength(1);
        expect(await tries(page)).toHaveLength(1);
        await expectCounted(page, 1);
      }),
  );

  it(
    'keeps a proof waiting for that server when set so, says why, and makes it here when told',
    {
      timeout: TIMEOUT,
    },
    () =>
      withServers([OFFICE], async (page, office) => {
        await chooseMode(page, 'Ask each time');
        await page.getByRole('radio', { name: 'Wait for this server' }).check();
        await page.getByRole('link', { name: /^Servers in use\. Office server: connected/ }).waitFor();
        await openSample(page);
        await page.getByRole('radio', { name: OFFICE }).check();
        killPlace(office);
        office.meddler.cutAll();
        await makeProof(page);
        await page.getByText(/It waits: Office server, as you have set it/).waitFor();
        await page.getByRole('link', { name: /^Servers in use\. Office server: not reached/ }).waitFor();
        expect(await axeFaults(page)).toEqual([]);
        await page.getByRole('button', { name: 'Make it on this device instead' }).click();
        await waitForVerified(page);
        expect(submits(office)).toBe(0);
      }),
  );
});
