// The app's pages in their main states, each reached the way a person reaches it. They build on each other, in
// this order and in one browser context; the tests of the look and the screenshots walk through them alike.
import type { Page } from 'playwright-core';
import { chooseFiles, download, PROOF_TIMEOUT_MS, waitForVerified } from './app-page.ts';
import { type Around, dribble } from './app-server.ts';
import { INSIGHTS_EMPTY, INSIGHTS_STATES } from './app-states-insights.ts';
import { OFFLOAD_STATES } from './app-states-offload.ts';
import { PROFILER_STATES } from './app-states-profiler.ts';
import { QUEUE_STATES } from './app-states-queue.ts';
import { SERVER_STATES } from './app-states-servers.ts';
import { type AppState, go, heading, type Walk } from './app-walk.ts';

const PASSPHRASE = 'paper ink sun shadow';

async function openDetails(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

function claimFor(title: RegExp): AppState['reach'] {
  return async ({ page }) => {
    await page.getByRole('radio', { name: title }).check();
    await page.getByRole('heading', { name: 'What a verifier learns' }).waitFor();
  };
}

const isKey = (request: Request) => new URL(request.url).pathname.endsWith('-16.zkey');

const withFlippedKey: Around = async (request, next) => {
  const response = await next();
  if (!isKey(request)) return response;
  const body = new Uint8Array(await response.arrayBuffer());
  body[body.length >> 1]! ^= 1;
  return new Response(body, response);
};

async function makeProof({ page }: Walk): Promise<void> {
  await page.getByRole('button', { name: 'Make the proof' }).click();
  await page.waitForURL(/\/proofs\/.+/);
}

async function openSampleClaim({ page }: Walk): Promise<void> {
  await go(page, 'Claim');
  await page.getByRole('button', { name: 'Use the sample claim' }).click();
  await heading(page, 'Sample campaign (demo)');
}

export const STATES: readonly AppState[] = [
  {
    name: 'start',
    claiming: true,
    reach: async ({ page, server }) => {
      // Until a proof has failed for it; else the page would have kept the good one by then.
      server.around = withFlippedKey;
      await page.goto(server.origin);
      await heading(page, /Show that it is true/);
    },
  },
  {
    name: 'start-offline',
    claiming: true,
    reach: async ({ page }) => {
      await page.context().setOffline(true);
      await page.getByText('Offline', { exact: true }).waitFor({ state: 'attached' });
    },
    leave: ({ page }) => page.context().setOffline(false),
  },
  {
    name: 'start-failed',
    claiming: true,
    reach: async ({ page, server }) => {
      server.around = (request, next) =>
        request.url.endsWith('/manifest.json') ? Response.json('{', { status: 200 }) : next();
      await page.goto(server.origin);
      await page.getByRole('button', { name: 'Make a proof with the sample' }).click();
      await page.getByText('The sample could not be started.').waitFor();
    },
    leave: async ({ server }) => {
      server.around = withFlippedKey;
    },
  },
  {
    name: 'not-found',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/no-such-page`);
      await heading(page, 'Nothing here');
    },
  },
  {
    name: 'embed',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/embed`);
      await page.getByText('Shows a score of at least 0.6').waitFor();
    },
    leave: ({ page, server }) => page.goto(server.origin).then(() => {}),
  },
  { name: 'claim-empty', claiming: true, reach: ({ page }) => go(page, 'Claim') },
  {
    name: 'proofs-empty',
    claiming: true,
    reach: async ({ page }) => {
      await go(page, 'Proofs');
      await page.getByText('No proofs yet').waitFor();
    },
  },
  {
    name: 'identity-empty',
    claiming: true,
    reach: async ({ page }) => {
      await go(page, 'Identity');
      await page.getByText('No identity yet').waitFor();
    },
  },
  { name: 'verify-empty', reach: ({ page }) => go(page, 'Verify') },
  { name: 'campaign-empty', reach: ({ page }) => go(page, 'Campaign') },
  INSIGHTS_EMPTY,
  { name: 'claim-threshold', claiming: true, reach: openSampleClaim },
  { name: 'claim-band', claiming: true, reach: claimFor(/^From 0\.6/) },
  { name: 'claim-exact', claiming: true, reach: claimFor(/^Exact/) },
  { name: 'claim-membership', claiming: true, reach: claimFor(/^Member/) },
  {
    name: 'claim-expert',
    claiming: true,
    reach: async (walk) => {
      await claimFor(/^At least/)(walk);
      await walk.page.getByRole('button', { name: 'Opinion triangle' }).click();
      await openDetails(walk.page);
    },
  },
  {
    name: 'proof-failed',
    claiming: true,
    reach: async (walk) => {
      await makeProof(walk);
      await walk.page.getByRole('button', { name: 'Try again' }).waitFor({ timeout: PROOF_TIMEOUT_MS });
    },
  },
  {
    name: 'proof-running',
    claiming: true,
    reach: async (walk) => {
      const { page, server } = walk;
      // Slow enough to be looked at, fast enough never to count as stalled.
      server.around = async (request, next) => {
        const response = await next();
        return isKey(request) ? dribble(response, { pieceBytes: 65_536, everyMs: 500 }) : response;
      };
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('Getting the circuit', { exact: true }).first().waitFor();
    },
  },
  {
    name: 'proof-cancelled',
    claiming: true,
    reach: async ({ page, server }) => {
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('You cancelled this proof.').waitFor();
      server.around = null;
    },
  },
  {
    name: 'proof-verified',
    claiming: true,
    reach: async (walk) => {
      // The bundle is still open from before.
      await walk.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Claim' }).click();
      await walk.page.getByRole('textbox', { name: 'Recipient' }).fill('ada@example.org');
      await makeProof(walk);
      await waitForVerified(walk.page);
    },
  },
  {
    name: 'proof-details',
    claiming: true,
    reach: async ({ page, kept }) => {
      kept.set('claim', (await download(page, 'Download claim file')).text);
      await openDetails(page);
    },
  },
  {
    name: 'proof-remove',
    claiming: true,
    reach: async ({ page }) => {
      await page.getByRole('button', { name: 'Remove from this device' }).click();
      await page.getByRole('dialog').waitFor();
    },
    leave: ({ page }) => page.keyboard.press('Escape'),
  },
  {
    name: 'proofs',
    claiming: true,
    reach: async ({ page }) => {
      await go(page, 'Proofs');
      await page.getByText('Proved', { exact: true }).waitFor();
    },
  },
  {
    name: 'identity-make',
    claiming: true,
    reach: async ({ page }) => {
      await go(page, 'Identity');
      await page.getByRole('button', { name: 'Make an identity' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Passphrase', exact: true }).fill('short');
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await dialog.getByText(/Use at least/).waitFor();
    },
  },
  {
    name: 'identity',
    claiming: true,
    reach: async ({ page }) => {
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Name' }).fill('Everyday');
      await dialog.getByRole('textbox', { name: 'Passphrase', exact: true }).fill(PASSPHRASE);
      await dialog.getByRole('textbox', { name: 'Passphrase again' }).fill(PASSPHRASE);
      await dialog.getByRole('button', { name: 'Make it' }).click();
      await page.getByRole('heading', { name: 'Everyday' }).waitFor();
      await dialog.waitFor({ state: 'detached' });
    },
  },
  {
    name: 'identity-locked',
    claiming: true,
    reach: async ({ page }) => {
      const lock = page.getByRole('button', { name: 'Lock', exact: true });
      if (await lock.isVisible()) await lock.click();
      await page.getByRole('button', { name: 'Unlock', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Passphrase' }).fill('not the passphrase');
      await dialog.getByRole('button', { name: 'Unlock' }).click();
      await dialog.getByRole('alert').waitFor();
    },
    leave: ({ page }) => page.keyboard.press('Escape'),
  },
  {
    name: 'verify-accepted',
    reach: async ({ page, kept }) => {
      await go(page, 'Verify');
      await page.getByRole('button', { name: 'Take the sample campaign' }).click();
      await page.getByText('A demo campaign').waitFor();
      await chooseFiles(page, 'Open files', [{ name: 'ada.claim.json', text: kept.get('claim') ?? '' }]);
      await page.getByText('Accepted', { exact: true }).first().waitFor({ timeout: PROOF_TIMEOUT_MS });
    },
  },
  {
    name: 'verify-refused',
    reach: async ({ page, kept }) => {
      const claim = kept.get('claim') ?? '';
      await chooseFiles(page, 'Open files', [
        { name: 'changed.claim.json', text: claim.replace('ada@example.org', 'eve@example.org') },
        { name: 'again.claim.json', text: claim },
        { name: 'broken.claim.json', text: claim.slice(0, 200) },
      ]);
      await page.getByText('Refused', { exact: true }).first().waitFor({ timeout: PROOF_TIMEOUT_MS });
      await page.getByText('Already used', { exact: true }).first().waitFor({ timeout: PROOF_TIMEOUT_MS });
      await page.getByText('Unreadable', { exact: true }).first().waitFor();
      await openDetails(page);
    },
  },
  ...OFFLOAD_STATES,
  {
    name: 'campaign-network',
    reach: async ({ page }) => {
      await go(page, 'Campaign');
      await page.getByRole('button', { name: 'Take the sample network' }).click();
      await page.getByRole('heading', { name: '2. Terms' }).waitFor();
    },
  },
  {
    name: 'campaign-wrong',
    reach: async ({ page }) => {
      await page.getByRole('textbox', { name: 'Name' }).fill('');
      await page.getByRole('radio', { name: 'Registered people' }).check();
      await page.getByRole('button', { name: 'Publish the snapshot' }).click();
      await page.getByText(/need(s)? another look/).waitFor();
    },
  },
  {
    name: 'campaign-published',
    reach: async ({ page }) => {
      await page.getByRole('textbox', { name: 'Name' }).fill('Harbour neighbours');
      await page.getByRole('radio', { name: 'Demo', exact: true }).check();
      await page.getByRole('button', { name: 'Publish the snapshot' }).click();
      await page.getByText('Published and saved on this device').waitFor({ timeout: PROOF_TIMEOUT_MS });
      await page.getByRole('rowheader').first().waitFor();
    },
  },
  {
    name: 'claim-network',
    claiming: true,
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/claim`);
      await page.getByRole('rowheader').first().waitFor();
    },
  },
  ...QUEUE_STATES,
  ...SERVER_STATES,
  ...PROFILER_STATES,
  ...INSIGHTS_STATES,
];
