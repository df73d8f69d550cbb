// Somebody's site with the packed pipeline library, in a real Chromium: how a test opens its pages, and holds a proof
// that a page hands out against another verifier.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, type TestContext } from 'vitest';
import type { Attestation, ProofOutcome } from '../../src/client/types.ts';
import type { Manifest } from '../../src/core/manifest.ts';
import { verifyProof } from '../../src/prover/verify.ts';
import { CAPACITIES } from '../../src/reputation/constants.ts';
import { launchChromium } from './chromium.ts';
import {
  circuitsFolder,
  type HostServer,
  hostsFolder,
  type PackedLibrary,
  packLibrary,
  serveHost,
} from './pipeline-hosts.ts';

export interface Host {
  server: HostServer;
  open(path: string, width?: number): Promise<{ page: Page; faults: string[] }>;
}

export interface Site {
  library: PackedLibrary;
  /** Each with browsers of its own; gone when the test is. */
  startHost(
    test: Pick<TestContext, 'onTestFinished'>,
    hosts: string,
    headers?: Record<string, string>,
  ): Promise<Host>;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const [library, browser] = await Promise.all([packLibrary(), launchChromium()]);
  return {
    library,
    async startHost({ onTestFinished }, hosts, headers = {}) {
      const folders = { '/gnomon/': library.package, '/circuits/': circuitsFolder, '/': hosts };
      const server = await serveHost(folders, headers);
      const contexts: BrowserContext[] = [];
      onTestFinished(async () => {
        for (const context of contexts) await context.close();
        server.close();
      });
      return {
        server,
        async open(path, width = 1000) {
          const context = await browser.newContext({ viewport: { width, height: 900 } });
          contexts.push(context);
          const page = await context.newPage();
          const faults: string[] = [];
          page.on('pageerror', (error) => faults.push(String(error)));
          await page.goto(`${server.origin}${path}`);
          return { page, faults };
        },
      };
    },
    async close() {
      await browser.close();
      library.remove();
    },
  };
}

const manifest = (): Manifest =>
  JSON.parse(readFileSync(join(circuitsFolder, 'manifest.json'), 'utf8')) as Manifest;

/** By another verifier than the library has; the bounds are the last two signals. */
export async function expectProof(
  outcome: ProofOutcome | null,
  lowerPpm: number,
  upperPpm: number,
): Promise<void> {
  expect(outcome).not.toBeNull();
  const { circuit, proof, publicSignals } = outcome as ProofOutcome;
  const entry = manifest().circuits.find(({ id }) => id === circuit);
  const vkey = new Uint8Array(readFileSync(join(circuitsFolder, entry?.artifacts.vkey.url ?? '')));
  const verdict = await verifyProof(vkey, publicSignals, proof, {
    vkeySha256: entry?.artifacts.vkey.sha256 ?? '',
  });
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(publicSignals.slice(-2)).toEqual([`${lowerPpm}`, `${upperPpm}`]);
}

export const boundsIn = (outcome: ProofOutcome | null): [lower: number, upper: number] => [
  Number(outcome?.publicSignals.at(-2)),
  Number(outcome?.publicSignals.at(-1)),
];

export const sampleAttestations = () =>
  JSON.parse(readFileSync(join(hostsFolder, 'attestations.json'), 'utf8')) as Attestation[];

export function campaignCircuits(): { id: string; capacity: number; vkeySha256: string }[] {
  return manifest().circuits.flatMap(({ id, capacity, artifacts }) =>
    CAPACITIES.some((known) => known === capacity)
      ? [{ id, capacity: capacity ?? 0, vkeySha256: artifacts.vkey.sha256 }]
      : [],
  );
}
