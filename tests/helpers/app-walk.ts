// What a walk through the app's states needs: the page, the server, and the ways from place to place.
import type { Page } from 'playwright-core';
import type { AppServer } from './app-server.ts';

export interface Walk {
  page: Page;
  server: AppServer;
  /** Texts that later states need, e.g. the claim file of the proof made earlier. */
  kept: Map<string, string>;
  /** Whatever states have started: ended when the walk is, in whatever state that is. */
  closing: (() => Promise<void>)[];
}

export interface AppState {
  name: string;
  /** Where a person claims: the words for experts are not for these. */
  claiming?: boolean;
  reach: (walk: Walk) => Promise<unknown>;
  /** Undoes what would disturb the next state. */
  leave?: (walk: Walk) => Promise<unknown>;
}

/** Through the app's own navigation, so that what lives in memory stays. */
export async function go(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click();
  await page.getByRole('heading', { level: 1, name: place }).waitFor();
}

export async function heading(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1, name }).waitFor();
}
