// Proofs made elsewhere, with a real worker server and a real Chromium: with permission, without, and by a server that
// lies. What happens when one is lost is in offload-lost.test.ts.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { medianOf } from '../../src/core/metrics/statistics.ts';
import { useAppAndBrowser } from '../helpers/app-and-browser.ts';
import {
  type AppPage,
  openApp,
  PROOF_TIMEOUT_MS,
  waitForServiceWorker,
  waitForVerified,
} from '../helpers/app-page.ts';
import { findCanaries, textPlaces } from '../helpers/canaries.ts';
import { axeFaults } from '../helpers/look.ts';
import {
  addServer,
  cardOf,
  chooseMode,
  factOf,
  type Mode,
  makeProof,
  openSample,
  openServers,
  type Place,
  secretOf,
  startPlace,
  submits,
} from '../helpers/offload-page.ts';
import { LEAKS, leak, watchOutgoing } from '../helpers/outgoing.ts';
import { provingPercents, watchBar, watchNews } from '../helpers/progress-watch.ts';
import { slowRenderers } from '../helpers/slow-renderers.ts';

const world = useAppAndBrowser();
let place: Place;
let opened: AppPage | null = null;
/** Seconds that the first proof took there, without the way. */
let thereAtFirst = 0;

const TIMEOUT = 2 * PROOF_TIMEOUT_MS;
const NAME = 'Office server';
/** A phone beside a desk: enough to tell them apart on a machine that does other things as well. */
const TIMES_SLOWER = 8;
/** How often a server tells how far a proof is, and how late that may be on a busy machine. */
const NEWS_EVERY_MS = 100;
const NEWS_LATE_MS = 50;
/** Until a page that was loaded again has its server, on a busy machine. */
const CONNECTED_MS = 30_000;
/** The smallest proof takes about a second. */
const SHOWN_LEAST = 4;

beforeAll(async () => {
  place = await startPlace({ name: NAME, appOrigin: world.app.origin });
}, 60_000);
afterEach(() => {
  expect(opened?.complaints ?? []).toEqual([]);
  place.meddler.answer = (text) => text;
  place.meddler.sent.length = 0;
});
afterAll(async () => {
  await opened?.context.close();
  await place?.close();
});

/** Each in a browser of its own, as new. */
async function open(path: string): Promise<Page> {
  await opened?.context.close();
  opened = await openApp(world.browser, world.app.origin, path);
  return opened.page;
}

/** Adds the server and allows it everything, as a person does. */
async function setUp(mode: Mode): Promise<Page> {
  const page = await open('/servers');
  await addServer(page, place, 'secrets');
  await chooseMode(page, mode);
  return page;
}

const SECONDS = String.raw`about ([\d.]+) s`;
/** Both measured: "about", not "roughly". */
const SOONER_THERE = new RegExp(
  `on ${NAME}: ${SECONDS}.* and [\\d.]+ s to reach; here it would take ${SECONDS}`,
);

/** What is said of both places. */
function secondsIn(text: string): { there: number; here: number } {
  expect(text).toMatch(SOONER_THERE);
  const [, there, here] = SOONER_THERE.exec(text) ?? [];
  return { there: Number(there), here: Number(here) };
}

function inSeconds(text: string): number {
  const value = Number.parseFloat(text.replaceAll(',', ''));
  return text.endsWith(' ms') ? value / 1000 : value;
}

/** From asking for it to its being saved, by the page's clock. */
async function tookSeconds(page: Page): Promise<number> {
  return inSeconds(await factOf(page, 'Took'));
}

/** Of the proof that is open: what forecasts are of. */
async function witnessAndProofSeconds(page: Page): Promise<number> {
  await page.getByText('Time taken', { exact: true }).click();
  const cells = ['Numbers worked out', 'Proof made'].map((name) =>
    page.getByRole('row').filter({ hasText: name }).getByRole('cell').last().innerText(),
  );
  return (await Promise.all(cells)).map(inSeconds).reduce((sum, seconds) => sum + seconds, 0);
}

async function makeProofSlowly(page: Page): Promise<void> {
  const slow = await slowRenderers(world.browser, TIMES_SLOWER);
  await makeProof(page);
  await waitForVerified(page).finally(() => slow.end());
}

/** Many values, each further than the one before. */
function expectLive(percents: number[]): void {
  expect(percents.length).toBeGreaterThanOrEqual(SHOWN_LEAST);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
}

describe('a claim for which a server was chosen', () => {
  it('is proved there, shown live, checked here, and says where it ran and why', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Ask each time');
    await openSample(page);
    const secret = await secretOf(page);
    await page.getByRole('radio', { name: NAME }).check();
    const news = watchNews(place.meddler);
    const bar = await watchBar(page);
    await makeProof(page);
    await waitForVerified(page);
    expect(await factOf(page, 'Where')).toBe(`On ${NAME}`);
    expect(await factOf(page, 'Why there')).toBe(`on ${NAME}: you chose it for this proof`);
    expect(submits(place)).toBe(1);
    // So that looking for it elsewhere means something.
    expect(findCanaries([secret], textPlaces({ sent: place.meddler.sent.join() }))).not.toEqual([]);
    expect(place.worker.output()).toContain('job ended');
    expectLive(provingPercents(await bar()));
    expect(medianOf(news())).toBeLessThan(NEWS_EVERY_MS + NEWS_LATE_MS);
    process.stdout.write(
      `${NAME}: ${news().map(Math.round).join(' ')} ms between news; shown ${provingPercents(await bar()).join(' ')} %\n`,
    );
    thereAtFirst = await witnessAndProofSeconds(page);
  });

  // Goes on where the one before ends: that server has been measured.
  it('goes there by itself once this device is known to be slower, and stays when it is to stay', {
    timeout: 3 * PROOF_TIMEOUT_MS,
  }, async () => {
    const { page } = opened as AppPage;
    page.setDefaultTimeout(PROOF_TIMEOUT_MS);
    await openSample(page);
    await page.getByRole('radio', { name: 'This device' }).check();
    await makeProofSlowly(page);
    expect(await factOf(page, 'Where')).toBe('On this device');
    const tookHere = await tookSeconds(page);
    const madeHere = await witnessAndProofSeconds(page);

    // What else the machine did may have been measured there: then there is more to learn of that server.
    const madeThere = [thereAtFirst];
    while (2 * medianOf(madeThere) > madeHere && madeThere.length < 5) {
      await openSample(page);
      await page.getByRole('radio', { name: NAME }).check();
      await makeProof(page);
      await waitForVerified(page);
      madeThere.push(await witnessAndProofSeconds(page));
    }
    process.stdout.write(`${NAME} took ${madeThere.join(', ')} s, this device ${madeHere} s\n`);

    // Its prover then starts as it did for that proof, so that the next one takes as long.
    await page.reload();
    await openServers(page);
    await chooseMode(page, 'Wherever it is sooner');
    await openSample(page);
    const forecast = page.locator('.where-forecast');
    await expect.poll(() => forecast.textContent(), { timeout: CONNECTED_MS }).toMatch(SOONER_THERE);
    const before = secondsIn((await forecast.textContent()) ?? '');
    expect(before.there).toBeLessThan(before.here);
    // Whatever else the device was busy with, it is what was just seen here.
    expect(before.here / madeHere).toBeGreaterThan(0.9);
    expect(before.here / madeHere).toBeLessThan(1.1);
    await page.getByText(`Goes to ${NAME}: it will see`).waitFor();
    const sent = submits(place);
    await makeProofSlowly(page);
    expect(await factOf(page, 'Where')).toBe(`On ${NAME}`);
    const after = secondsIn(await factOf(page, 'Why there'));
    expect(after.there).toBeLessThan(after.here);
    const tookThere = await tookSeconds(page);
    expect(tookThere).toBeLessThan(tookHere);
    expect(submits(place)).toBe(sent + 1);
    process.stdout.write(
      `here ${tookHere} s, of it ${madeHere} s made, there ${tookThere} s; before: ${JSON.stringify(before)}, after: ${JSON.stringify(after)}\n`,
    );

    // Slower here, and known to be: it stays all the same.
    place.meddler.sent.length = 0;
    await openSample(page);
    await page.getByRole('checkbox', { name: `May go to ${NAME}` }).uncheck();
    await page.getByText('Now: here: this job stays on this device.').waitFor();
    const secret = await secretOf(page);
    const bar = await watchBar(page);
    await makeProof(page);
    await waitForVerified(page);
    // What a remote one is as live as.
    expectLive(provingPercents(await bar()));
    process.stdout.write(`here: shown ${provingPercents(await bar()).join(' ')} %\n`);
    expect(await factOf(page, 'Where')).toBe('On this device');
    expect(await factOf(page, 'Why there')).toBe('here: this job stays on this device');
    expect(submits(place)).toBe(0);
    expect(findCanaries([secret], textPlaces({ sent: place.meddler.sent.join() }))).toEqual([]);
  });

  it('is proved here when the server’s proof is wrong, and the server is set aside by name', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Ask each time');
    place.meddler.answer = (text) => {
      const message = JSON.parse(text);
      if (message.type !== 'result') return text;
      // A valid-looking proof of something else.
      message.data.publicSignals[0] = '1';
      return JSON.stringify(message);
    };
    await openSample(page);
    await page.getByRole('radio', { name: NAME }).check();
    await makeProof(page);
    await waitForVerified(page);
    expect(await factOf(page, 'Where')).toBe(`On this device, earlier on ${NAME}`);
    await page.getByText(`The proof made by ${NAME} is wrong.`).first().waitFor();
    await openServers(page);
    await cardOf(page, NAME).getByText('Set aside', { exact: true }).waitFor();
    await page.getByText(`${NAME} gets nothing more`).waitFor();
    // Not offered any more.
    await openSample(page);
    await page.getByText('Stays on this device').first().waitFor();
    expect(await page.getByRole('radio', { name: NAME }).count()).toBe(0);
  });
});

describe('a pairing link', () => {
  it('brings a server and its token to another browser, and leaves neither in the address', {
    timeout: TIMEOUT,
  }, async () => {
    const { origin } = place.meddler;
    const page = await open(`/servers#token=CANARY-pair&server=${encodeURIComponent(origin)}`);
    await page.getByText('You opened a pairing link').waitFor();
    expect(page.url()).toBe(`${world.app.origin}/servers`);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: NAME }).waitFor();
    expect(place.meddler.sent.join()).toContain('CANARY-pair');
    await page.getByRole('button', { name: 'Pair another device' }).click();
    const link = await page.getByRole('textbox', { name: 'Pairing link', exact: true }).inputValue();
    expect(link).toBe(`${origin}/#token=CANARY-pair`);
    expect(await axeFaults(page)).toEqual([]);
  });
});

describe('with proofs made only here', () => {
  it('not a byte of an input goes to a server, though it is allowed everything', {
    timeout: TIMEOUT,
  }, async () => {
    const page = await setUp('Only here');
    const outgoing = watchOutgoing(page.context());
    await openSample(page);
    const secret = await secretOf(page);
    await makeProof(page);
    await waitForVerified(page);
    expect(await factOf(page, 'Where')).toBe('On this device');
    expect(submits(place)).toBe(0);
    const sent = textPlaces({ sent: place.meddler.sent.join('\n') });
    expect(findCanaries([secret], [...sent, ...outgoing.places()])).toEqual([]);
    // Once the Servers page is left nobody is even connected.
    await expect.poll(() => place.meddler.connections()).toBe(0);
    // It would have been found, whichever way it had gone.
    await page.context().route('**/control*', (route) => route.fulfill({ status: 204 }));
    const socket = `${place.meddler.origin.replace('http', 'ws')}/ws`;
    for (const way of LEAKS) {
      outgoing.forget();
      await page.evaluate(leak, { way, secret, socket });
      await expect.poll(() => findCanaries([secret], outgoing.places()), { message: way }).not.toEqual([]);
    }
    outgoing.forget();
    await waitForServiceWorker(page);
    const [serviceWorker] = page.context().serviceWorkers();
    await serviceWorker!.evaluate(
      (body) => fetch('/control', { method: 'POST', body }).then(() => {}),
      secret,
    );
    await expect.poll(() => findCanaries([secret], outgoing.places())).not.toEqual([]);
  });
});
