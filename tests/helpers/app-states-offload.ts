// Proofs elsewhere in their main states: servers in each state that they can be in, the choice beside the button, a
// proof that is made there, and one that waits. One real worker server stands behind all of them.
import { PROOF_TIMEOUT_MS } from './app-page.ts';
import type { AppState, Walk } from './app-walk.ts';
import { type Meddler, startMeddler } from './meddler.ts';
import {
  addServer,
  cardOf,
  makeProof,
  openSample,
  openServers,
  type Place,
  startPlace,
} from './offload-page.ts';

const OFFICE = 'Office server';
const HOME = 'Home server with a name that is rather long';

let office: Place;

/** The same server under another name, or in another mood; what it says of its places it says again with each ping. */
async function another(
  { closing }: Walk,
  change: (message: WelcomeMessage) => object,
  capacity?: WelcomeMessage['data']['capacity'],
): Promise<Meddler> {
  const meddler = await startMeddler(`ws://127.0.0.1:${office.worker.port}/ws`);
  closing.push(() => meddler.close());
  meddler.answer = (text) => {
    const message = JSON.parse(text);
    if (capacity !== undefined && 'capacity' in (message.data ?? {})) message.data.capacity = capacity;
    return JSON.stringify(message.type === 'welcome' ? change(message) : message);
  };
  return meddler;
}

interface WelcomeMessage {
  type: string;
  data: { name: string; capacity: { slots: number; busy: number; queued: number } };
}

export const OFFLOAD_STATES: readonly AppState[] = [
  {
    name: 'servers-all',
    reach: async (walk) => {
      const { page, server, closing } = walk;
      office = await startPlace({ name: OFFICE, appOrigin: server.origin });
      closing.push(() => office.close());
      const busy = await another(walk, ({ data, ...rest }) => ({ ...rest, data: { ...data, name: HOME } }), {
        slots: 2,
        busy: 2,
        queued: 3,
      });
      const refusing = await another(walk, () => ({
        type: 'refused',
        data: { code: 'protocol.unauthorised', message: '', versions: [] },
      }));
      const lying = await another(walk, ({ data, ...rest }) => ({
        ...rest,
        data: { ...data, name: 'Cheap server' },
      }));
      await page.goto(`${server.origin}/servers`);
      await page.getByRole('textbox', { name: 'Token' }).fill('a token of mine');
      await addServer(page, office, 'secrets');
      await page.getByRole('textbox', { name: 'Address or pairing link' }).fill(busy.origin);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await cardOf(page, HOME).getByText('Connected, 3 proofs wait there').waitFor();
      await cardOf(page, HOME).getByRole('button', { name: 'Allow inputs' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
      await addServer(page, { name: 'Cheap server', meddler: lying }, 'nothing');
      for (const origin of [refusing.origin, 'http://localhost:9']) {
        await page.getByRole('textbox', { name: 'Address or pairing link' }).fill(origin);
        await page.getByRole('button', { name: 'Add', exact: true }).click();
      }
      await page.getByText('Not accepted by the server').waitFor();
      await page.getByText('The server does not answer.').waitFor();
      // As a wrong proof leaves it (offload.test.ts).
      await page.evaluate(() => {
        const kept = JSON.parse(localStorage.getItem('gnomon.servers') ?? '{}');
        const lied = kept.servers.find(({ name }: { name: string }) => name === 'Cheap server');
        const why = 'a proof that it sent was wrong (publicSignals[0])';
        localStorage.setItem(`gnomon.servers.setAside.${lied.id}`, JSON.stringify(why));
        kept.offload = { mode: 'automatic', tier: 'may-offload', whenLost: 'wait' };
        localStorage.setItem('gnomon.servers', JSON.stringify(kept));
      });
      await page.reload();
      await page.getByText('Cheap server gets nothing more').waitFor();
      await cardOf(page, OFFICE).getByText('Connected', { exact: true }).waitFor();
      await page.getByText('Not accepted by the server').waitFor();
      await page.getByText('The server does not answer.').waitFor();
    },
  },
  {
    name: 'servers-pair',
    reach: async ({ page }) => {
      await cardOf(page, OFFICE).getByRole('button', { name: 'Pair another device' }).click();
      await page.getByRole('dialog').getByText('The link holds your token').waitFor();
    },
    leave: ({ page }) => page.keyboard.press('Escape'),
  },
  {
    name: 'servers-unsealed',
    reach: async ({ page }) => {
      // As a server leaves it that offered a key when it was allowed (servers-sealing.test.ts).
      await page.evaluate((name) => {
        const kept = JSON.parse(localStorage.getItem('gnomon.servers') ?? '{}');
        const { id } = kept.servers.find((server: { name: string }) => server.name === name);
        localStorage.setItem(`gnomon.servers.sealed.${id}`, 'true');
      }, HOME);
      await page.reload();
      await page.getByText(`${HOME} takes no sealed inputs any more`).waitFor();
    },
    leave: async ({ page }) => {
      await cardOf(page, HOME).getByRole('button', { name: 'Allow it unsealed' }).click();
      await page.getByRole('dialog').getByText('no longer sealed').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
      await cardOf(page, HOME).getByText('Connected, 3 proofs wait there').waitFor();
    },
  },
  {
    name: 'claim-where-automatic',
    claiming: true,
    reach: async ({ page }) => {
      await openSample(page);
      await page.getByText(/^Now: (on|here)/).waitFor();
    },
  },
  {
    name: 'claim-where-ask',
    claiming: true,
    reach: async ({ page }) => {
      await openServers(page);
      await cardOf(page, HOME).getByRole('button', { name: 'Allow claims too' }).click();
      await page.getByRole('checkbox', { name: /I trust this server/ }).check();
      await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click();
      await page.getByRole('radio', { name: 'Ask each time' }).check();
      await openSample(page);
      await page.getByRole('radio', { name: OFFICE }).check();
    },
  },
  {
    name: 'proof-away',
    claiming: true,
    reach: async ({ page }) => {
      // Under way for as long as it is looked at.
      office.meddler.answer = (text) => (text.includes('"result"') ? null : text);
      await makeProof(page);
      await page
        .getByText('Making the proof', { exact: true })
        .first()
        .waitFor({ timeout: PROOF_TIMEOUT_MS });
      await page.getByRole('button', { name: 'Make it on this device instead' }).waitFor();
    },
    leave: async ({ page }) => {
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('You cancelled this proof.').waitFor();
    },
  },
  {
    name: 'proof-waits',
    claiming: true,
    reach: async ({ page }) => {
      await openSample(page);
      await page.getByRole('radio', { name: OFFICE }).check();
      await office.close();
      await makeProof(page);
      await page.getByText(`It waits: ${OFFICE}, as you have set it`).waitFor();
    },
    leave: async ({ page, server, closing }) => {
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('You cancelled this proof.').waitFor();
      await page.evaluate(() => localStorage.removeItem('gnomon.servers'));
      for (const close of closing.splice(0)) await close();
      await page.goto(`${server.origin}/verify`);
    },
  },
];
