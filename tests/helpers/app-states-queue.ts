// Claiming for many, the queue in all its states, and the pages beside the main ones. They follow on a page at
// /claim with an imported network.
import { chooseFiles } from './app-page.ts';
import { dribble } from './app-server.ts';
import { type AppState, heading } from './app-walk.ts';

export const QUEUE_STATES: readonly AppState[] = [
  {
    name: 'claim-people',
    claiming: true,
    reach: async ({ page }) => {
      const boxes = page.getByRole('table').getByRole('checkbox');
      for (const nth of [0, 1, 2, 3]) await boxes.nth(nth).check();
      await page.getByRole('button', { name: 'Claim for 4 people' }).waitFor();
    },
  },
  {
    name: 'claim-batch',
    claiming: true,
    reach: async ({ page, kept }) => {
      await chooseFiles(page, 'Open files', [
        { name: 'not-a-bundle.json', text: kept.get('claim') ?? '' },
        { name: 'cut-off.json', text: '{' },
      ]);
      await page.getByText('not-a-bundle.json').waitFor();
    },
    leave: ({ page }) => page.getByRole('button', { name: 'Close these' }).click(),
  },
  {
    name: 'claim-many',
    claiming: true,
    reach: async ({ page }) => {
      const boxes = page.getByRole('table').getByRole('checkbox');
      await boxes.first().waitFor();
      for (const nth of [0, 1, 2, 3]) await boxes.nth(nth).check();
      await page.getByRole('button', { name: 'Claim for 4 people' }).click();
      await heading(page, 'Many claims');
    },
  },
  {
    name: 'queue',
    claiming: true,
    reach: async ({ page, server }) => {
      // The first one runs for as long as it is looked at.
      server.around = async (request, next) => {
        const response = await next();
        if (!new URL(request.url).pathname.endsWith('.zkey')) return response;
        return dribble(response, { pieceBytes: 65_536, everyMs: 500 });
      };
      await page.getByRole('button', { name: 'Make 4 proofs' }).click();
      await page.waitForURL(/\/proofs$/);
      await page.locator('.proof-row').filter({ hasText: 'Getting the circuit' }).waitFor();
    },
  },
  {
    name: 'queue-paused',
    claiming: true,
    reach: async ({ page }) => {
      await page
        .locator('.proof-row')
        .nth(2)
        .getByRole('button', { name: /^Pause/ })
        .click();
      await page.locator('.proof-row').nth(3).getByRole('combobox').selectOption('Urgent');
      await page.getByRole('button', { name: 'Pause all' }).click();
      await page.getByText('The queue is paused').waitFor();
      await page.getByText('Paused', { exact: true }).waitFor();
    },
  },
  {
    name: 'proof-paused',
    claiming: true,
    reach: async ({ page }) => {
      const paused = page.locator('.proof-row').filter({ has: page.getByText('Paused', { exact: true }) });
      await paused.getByRole('link').click();
      await page.getByText('It waits until you let it go on.').waitFor();
    },
    leave: async ({ server }) => {
      server.around = null;
    },
  },
  {
    name: 'circuits',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/circuit-list`);
      await heading(page, 'Circuits');
      await page.getByText('reputation-16', { exact: true }).first().waitFor();
    },
  },
  {
    name: 'settings',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/settings`);
      await heading(page, 'Settings');
      await page.getByText('Copy diagnostics').waitFor();
    },
  },
  {
    name: 'settings-export',
    reach: async ({ page }) => {
      await page.getByRole('button', { name: 'Export everything' }).click();
      await page.getByRole('dialog').waitFor();
    },
    leave: ({ page }) => page.keyboard.press('Escape'),
  },
];
