// Files of a finished proof: named so that two can be told apart, and read by those they are made for.
import { describe, expect, it } from 'vitest';
import { type Campaign, campaignDigest, scopeOf } from '../../src/reputation/campaign.ts';
import { readClaimFile } from '../../src/reputation/claim-file.ts';
import type { ClaimContext } from '../../src/ui/pages/claim/claim-context.ts';
import { claimFile, fileStem, snarkjsFiles } from '../../src/ui/pages/proof/proof-files.ts';
import { job, result } from './proof-fixtures.ts';

const challenge = 'ab'.repeat(32);
const campaign: Campaign = {
  format: 'gnomon/campaign',
  version: 1,
  name: 'Airdrop',
  issuer: 'Harbour',
  campaignId: 'airdrop-1',
  demo: false,
  scope: `${scopeOf('Harbour', 'airdrop-1')}`,
  root: '11',
  asOf: 1_700_000_000,
  baseRatePpm: 500_000,
  weights: { kind: 'uniform' },
  challenge: '00'.repeat(32),
  asks: [{ type: 'threshold', thresholdPpm: 700_000 }],
  circuits: [
    {
      id: 'reputation-64',
      capacity: 64,
      vkeySha256: '11'.repeat(32),
      subjects: 1,
      sharing: [1],
    },
  ],
};
const context: ClaimContext = {
  kind: 'claim',
  campaign,
  campaignSha256: campaignDigest(campaign),
  askIndex: 0,
  payload: '0xrecipient',
  challenge,
  capacity: 64,
  sharing: 1,
};

describe('file names', () => {
  it('are plain on every system and tell two proofs of one campaign apart', () => {
    const named = (label: string, id: string) => fileStem(job('succeeded', { label, id }));
    expect(named('Harbour Co-op: Été 2024', '1a2b3c4d-5e6f')).toBe('harbour-co-op-e-te-2024-1a2b3c4d');
    expect(named('日本', 'x')).toBe('x');
    expect(named('..', '//')).toBe('proof');
    expect(named(`${'a'.repeat(39)}-b`, 'c')).toBe(`${'a'.repeat(39)}-c`);
  });
});

describe('the claim file', () => {
  it('is read back by the verifier’s own reader, with all that the proof was made for', () => {
    const { name, text } = claimFile(job('succeeded'), context, result);
    expect(name).toBe('airdrop-job1.claim.json');
    expect(readClaimFile(text)).toMatchObject({
      circuit: 'reputation-64',
      campaignSha256: context.campaignSha256,
      challenge,
      payload: '0xrecipient',
      proof: result.proof,
      publicSignals: result.publicSignals,
    });
  });

  it('names the circuit that was proved with, even one that the campaign does not list', () => {
    const other = job('succeeded');
    other.circuit = { ...other.circuit, id: 'reputation-16' };
    expect(readClaimFile(claimFile(other, context, result).text).circuit).toBe('reputation-16');
  });
});

describe('snarkjs’ files', () => {
  it('hold the proof and the signals and nothing else', () => {
    const files = snarkjsFiles(job('succeeded'), result);
    expect(JSON.parse(files.proof.text)).toEqual(result.proof);
    expect(JSON.parse(files.publicSignals.text)).toEqual(result.publicSignals);
    expect(files.proof.name).not.toBe(files.publicSignals.name);
  });
});
