// The Servers page in its main states: empty, a server that does not answer, and the question before it may see
// anything.
import type { AppState } from './app-walk.ts';

export const SERVER_STATES: readonly AppState[] = [
  {
    name: 'servers-empty',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/servers`);
      await page.getByText('No servers yet').waitFor();
    },
  },
  {
    name: 'servers-unreached',
    reach: async ({ page }) => {
      // Nothing answers at the discard port.
      await page.getByRole('textbox', { name: 'Address or pairing link' }).fill('http://localhost:9');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('The server does not answer.').waitFor();
      await page.getByRole('radio', { name: 'Wherever it is sooner' }).check();
    },
  },
  {
    name: 'servers-allow',
    reach: async ({ page }) => {
      await page.getByRole('button', { name: 'Allow inputs' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
      await page.getByRole('button', { name: 'Allow claims too' }).click();
      await page.getByRole('dialog').waitFor();
    },
    leave: async ({ page }) => {
      await page.keyboard.press('Escape');
      await page.getByRole('radio', { name: 'Only here' }).check();
      await page.getByRole('button', { name: 'Remove localhost:9' }).click();
      await page.getByText('No servers yet').waitFor();
    },
  },
];
