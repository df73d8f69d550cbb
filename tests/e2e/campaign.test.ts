// The way of a real campaign, with two tabs open: an identity made and registered, a network published, the claim
// made in a tab that does not schedule, and the development key refused by the verifier.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleRatingsCsv } from '../../src/reputation/sample.ts';
import { type RunningServer, startServer } from '../helpers/app.ts';
import { chooseFiles, download, expectNoComplaints, openApp, waitForVerified } from '../helpers/app-page.ts';
import { launchChromium } from '../helpers/chromium.ts';

const SUBJECT = 'Marlow';
const PASSPHRASE = 'a long sentence that only I know';

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startServer()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe('a real campaign', () => {
  it('is claimed with an own identity that is unlocked in another tab than the one that schedules', async () => {
    // This tab is first, so it schedules; it never sees the passphrase.
    const app = await openApp(browser, server.origin);
    const page = await app.context.newPage();

    await page.goto(`${server.origin}/identity`);
    await page.getByRole('button', { name: 'Make an identity' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('me');
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
    await dialog.getByLabel('Passphrase again').fill(PASSPHRASE);
    await dialog.getByRole('button', { name: /make/i }).click();
    await page.getByText('Not backed up').waitFor();
    await page.getByRole('button', { name: 'Register' }).click();
    await dialog.getByLabel('Campaign id').fill('spring');
    await dialog.getByLabel('Who you are to the campaign').fill(SUBJECT);
    await dialog.getByRole('button', { name: 'Sign' }).click();
    const registration = await download(page, 'Download');
    expect(registration.text).toContain(`${SUBJECT},`);

    await page.goto(`${server.origin}/campaign`);
    await chooseFiles(page, 'Open a file', [{ name: 'ratings.csv', text: sampleRatingsCsv() }]);
    await page.getByLabel('Name', { exact: true }).fill('Spring');
    await page.getByLabel('Issuer').fill('tests');
    await page.getByLabel('Campaign id').fill('spring');
    await page.getByRole('radio', { name: 'Registered people' }).check({ force: true });
    await chooseFiles(page, 'Open a file', [{ name: 'commitments.csv', text: registration.text }]);
    await page.getByRole('button', { name: 'Publish the snapshot' }).click();
    await page.getByLabel('Find a person').waitFor({ timeout: 60_000 });
    const campaign = await download(page, /campaign file/i);

    await page.getByRole('link', { name: `Claim for ${SUBJECT}`, exact: true }).click();
    await page.getByRole('button', { name: 'Make the proof' }).waitFor();
    // A full load empties this tab's memory, so the identity is locked again.
    await page.reload();
    await page.getByRole('button', { name: `Claim for ${SUBJECT}`, exact: true }).click();
    await page.getByLabel('Passphrase').fill('not this one at all');
    await page.getByRole('button', { name: 'Unlock', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Passphrase').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Unlock', exact: true }).click();
    await page.getByLabel('Passphrase').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Make the proof' }).click();
    await page.waitForURL(/\/proofs\/.+/);
    await waitForVerified(page);
    expect(await page.getByText('DEMO', { exact: true }).count()).toBe(0);
    const claim = await download(page, 'Download claim file');
    expect(claim.text).not.toContain(SUBJECT);

    await page.goto(`${server.origin}/verify`);
    await chooseFiles(page, 'Open a file', [{ name: 'campaign.json', text: campaign.text }]);
    await chooseFiles(page, 'Open files', [{ name: 'claim.json', text: claim.text }]);
    await page.getByText('Refused', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await page.getByRole('main').textContent()).toContain('development key');
    expect(await page.getByText('Accepted', { exact: true }).count()).toBeLessThanOrEqual(1);
    await expectNoComplaints(app);
    await app.context.close();
  });
});
