// The Insights page in its main states: nothing yet, pictures of what the walk has made, and the tables behind them.
import type { AppState } from './app-walk.ts';

export const INSIGHTS_EMPTY: AppState = {
  name: 'insights-empty',
  reach: async ({ page, server }) => {
    await page.goto(`${server.origin}/insights`);
    await page.getByText('No proofs yet').waitFor();
  },
};

export const INSIGHTS_STATES: readonly AppState[] = [
  {
    name: 'insights',
    reach: async ({ page, server }) => {
      await page.goto(`${server.origin}/insights`);
      await page.getByRole('heading', { name: 'How long proofs take' }).waitFor();
    },
  },
  {
    name: 'insights-tables',
    reach: async ({ page }) => {
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
      });
      await page.getByRole('rowheader').first().waitFor();
    },
  },
  {
    name: 'insights-forget',
    reach: async ({ page }) => {
      await page.getByRole('button', { name: 'Forget all of it' }).click();
      await page.getByRole('dialog').waitFor();
    },
    leave: ({ page }) => page.keyboard.press('Escape'),
  },
];
