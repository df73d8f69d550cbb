// What a person is offered and told before they prove, and the job that follows.
import { beforeAll, describe, expect, it } from 'vitest';
import { circuitFor } from '../../src/client/circuit-for.ts';
import { GnomonError } from '../../src/core/errors.ts';
import type { CircuitEntry } from '../../src/core/manifest.ts';
import { boundsOf } from '../../src/reputation/ask.ts';
import { type ClaimBundle, writeBundle } from '../../src/reputation/bundle.ts';
import { campaignDigest } from '../../src/reputation/campaign.ts';
import { buildClaim, bundleScore, PUBLIC_SIGNALS } from '../../src/reputation/claim.ts';
import { demoKeyPair } from '../../src/reputation/demo.ts';
import { makeBundle } from '../../src/reputation/network.ts';
import { type Sample, sampleCampaign } from '../../src/reputation/sample.ts';
import { readClaimContext } from '../../src/ui/pages/claim/claim-context.ts';
import {
  askOptions,
  challengeProblem,
  firstAsk,
  revealWords,
  sharingWords,
  sizeOptions,
} from '../../src/ui/pages/claim/claim-plan.ts';
import { readBundleFile } from '../../src/ui/pages/claim/open-bundle.ts';
import { reputationCircuits, startSampleClaim } from '../../src/ui/pages/claim/sample-claim.ts';
import { claimJob, demoClaimant, refuseOtherScope } from '../../src/ui/pages/claim/submit-claim.ts';
import type { Services } from '../../src/ui/services.ts';

const hex = (digit: string) => digit.repeat(64);
const artifact = (digit: string) => ({ url: `${digit}.bin`, bytes: 1, sha256: hex(digit) });

function circuit(capacity: number, keyDigit: string): CircuitEntry {
  return {
    id: `reputation-${capacity}`,
    capacity,
    constraints: 1,
    domain: 2,
    publicSignals: [...PUBLIC_SIGNALS],
    setup: 'development',
    artifacts: { wasm: artifact('a'), zkey: artifact('b'), vkey: artifact(keyDigit) },
  };
}

const CIRCUITS = [circuit(16, '1'), circuit(64, '2')];
const OTHER: CircuitEntry = { ...circuit(16, '9'), id: 'semaphore-32', capacity: null };

describe('claim page', () => {
  let sample: Sample;
  let bundle: ClaimBundle;

  beforeAll(async () => {
    sample = await sampleCampaign(reputationCircuits([...CIRCUITS, OTHER]));
    bundle = sample.bundle;
  });

  it('takes only reputation circuits into the sample', () => {
    expect(sample.campaign.circuits.map(({ id }) => id)).toEqual(['reputation-16', 'reputation-64']);
  });

  it('offers all that the campaign asks, and says which of it the score meets', () => {
    const { scorePpm } = bundleScore(bundle);
    const options = askOptions(bundle);
    expect(options.map((option) => option.ask)).toEqual(sample.campaign.asks);
    for (const option of options) {
      const { lowerPpm, upperPpm } = boundsOf(option.ask, scorePpm);
      expect(option.met).toBe(lowerPpm <= scorePpm && scorePpm <= upperPpm);
      expect(option.text).not.toBe('');
    }
  });

  it('agrees for everyone in the sample with what a claim can be built for', () => {
    for (const subject of sample.network.people.keys()) {
      const own = makeBundle(sample.network, sample.campaign, subject);
      const { secretScalar } = demoKeyPair(subject);
      for (const option of askOptions(own)) {
        const build = () => buildClaim({ bundle: own, secretScalar, askIndex: option.index, payload: '' });
        if (option.met) expect(build).not.toThrow();
        else expect(build).toThrow(GnomonError);
      }
      const first = firstAsk(askOptions(own));
      expect(first === null ? 'none' : sample.campaign.asks[first]?.type).not.toBe('exact');
    }
  });

  it('starts with what says least, and with nothing when nothing is met', () => {
    const option = (index: number, type: 'exact' | 'membership', met: boolean) => ({
      index,
      ask: { type } as const,
      title: '',
      text: '',
      met,
    });
    expect(firstAsk([option(0, 'exact', true), option(1, 'membership', true)])).toBe(1);
    expect(firstAsk([option(0, 'exact', true), option(1, 'membership', false)])).toBe(0);
    expect(firstAsk([option(0, 'exact', false)])).toBeNull();
  });

  it('warns below twenty and offers a larger size only if more people share it', () => {
    const [small, large] = sizeOptions(bundle, 0);
    expect([small?.capacity, large?.capacity]).toEqual([16, 64]);
    const size = (capacity: number, sharing: number) => ({ circuit: small!.circuit, capacity, sharing });
    expect(sharingWords([size(16, 20), size(64, 90)], 16)).toMatchObject({ warn: false });
    expect(sharingWords([size(16, 19), size(64, 90)], 16)).toMatchObject({
      warn: true,
      larger: { capacity: 64 },
    });
    expect(sharingWords([size(16, 19), size(64, 5)], 16)).toMatchObject({ warn: true, larger: null });
    expect(sharingWords([size(16, 1)], 16).text).toMatch(/identifies you/);
  });

  it('names the score only when the score is what is shown', () => {
    const score = 734_512;
    for (const ask of sample.campaign.asks) {
      const { learned, hidden } = revealWords(ask, score, 64);
      expect(learned.join(' ').includes('0.734512')).toBe(ask.type === 'exact');
      expect(learned.join(' ')).toContain('64');
      expect([...learned, ...hidden].every((line) => /^[A-Z].*\.$/.test(line))).toBe(true);
      expect(hidden.some((line) => /score/.test(line))).toBe(ask.type !== 'exact');
    }
  });

  it('takes a challenge of 64 hex digits or none', () => {
    expect(challengeProblem('')).toBeNull();
    expect(challengeProblem(hex('a'))).toBeNull();
    for (const wrong of ['a', hex('A'), hex('g'), `${hex('a')}a`, ` ${hex('a').slice(1)}`]) {
      expect(challengeProblem(wrong)).not.toBeNull();
    }
  });

  it('makes the same claim as with the secret, and never holds it', () => {
    const choices = { askIndex: 0, capacity: 64, payload: 'recipient', challenge: hex('c') };
    const job = claimJob('job-1', bundle, demoClaimant(bundle), CIRCUITS[1]!, choices);
    const claim = buildClaim({ bundle, secretScalar: sample.secretScalar, ...choices });
    expect(job.expectedPublicSignals).toEqual(claim.publicSignals);
    expect({ ...job.input, secret: claim.input.secret }).toEqual(claim.input);
    expect(job.input.secret).toBeUndefined();
    expect(job.secrets).toEqual([{ signal: 'secret', identityId: `demo:gnomon/demo/v1:${bundle.subject}` }]);
    expect(job.privacy).toBe('local-only');
    const text = JSON.stringify(job);
    expect(text).not.toContain(`${sample.secretScalar}`);
    expect(text.toLowerCase()).not.toContain(sample.secretScalar.toString(16));
  });

  it('carries in its context what a verifier needs and not who the subject is', () => {
    const choices = { askIndex: 1, capacity: 16, payload: 'recipient', challenge: '' };
    const job = claimJob('job-1', bundle, demoClaimant(bundle), CIRCUITS[0]!, choices);
    const context = readClaimContext(JSON.parse(JSON.stringify(job.context)));
    expect(context).toMatchObject({
      campaignSha256: campaignDigest(sample.campaign),
      askIndex: 1,
      payload: 'recipient',
      challenge: sample.campaign.challenge,
      capacity: 16,
    });
    expect(JSON.stringify(job.context)).not.toContain(bundle.subject);
    expect(readClaimContext({ kind: 'other' })).toBeNull();
  });

  it('refuses another identity', () => {
    const stranger = { ...demoClaimant(bundle), commitment: 7n };
    const choices = { askIndex: 0, capacity: 16, payload: '', challenge: '' };
    expect(() => claimJob('job-1', bundle, stranger, CIRCUITS[0]!, choices)).toThrow(/another identity/);
  });

  it('refuses a circuit with another key and waits for one that is not there', () => {
    const wanted = sample.campaign.circuits[0]!;
    expect(circuitFor(wanted, CIRCUITS)).toBe(CIRCUITS[0]);
    expect(circuitFor(wanted, [CIRCUITS[1]!])).toBeUndefined();
    expect(() => circuitFor(wanted, [circuit(16, '7')])).toThrow(/another key/);
  });

  it('refuses a scope used under another campaign file', async () => {
    const seen = new Map<string, string>();
    const scopes: Services['scopes'] = {
      async claimFor(scope, digest) {
        const known = seen.get(scope);
        if (known === undefined) seen.set(scope, digest);
        return known === undefined ? 'new' : known === digest ? 'same' : 'other';
      },
    };
    await refuseOtherScope({ scopes }, sample.campaign);
    await refuseOtherScope({ scopes }, sample.campaign);
    const changed = { ...sample.campaign, asOf: sample.campaign.asOf + 1 };
    await expect(refuseOtherScope({ scopes }, changed)).rejects.toMatchObject({ code: 'input.scope-reused' });
  });

  it('starts the sample with one call', async () => {
    const submitted: Parameters<Services['jobs']['submit']>[0][] = [];
    const services = {
      circuits: { list: async () => CIRCUITS },
      jobs: {
        submit: async (request: (typeof submitted)[number]) => {
          submitted.push(request);
          return request;
        },
      },
    } as unknown as Pick<Services, 'circuits' | 'jobs'>;
    const id = await startSampleClaim(services);
    expect(submitted.map((request) => [request.id, request.circuit.id])).toEqual([[id, 'reputation-16']]);
    expect(submitted[0]?.expectedPublicSignals).toHaveLength(8);
  });

  it('opens a bundle file, and says where one is malformed without quoting it', async () => {
    const file = (text: string) => new File([text], 'mine.json');
    expect(await readBundleFile(file(writeBundle(bundle)))).toEqual(bundle);
    const broken = { ...JSON.parse(writeBundle(bundle)), commitment: 'canary-value' };
    const thrown = await readBundleFile(file(JSON.stringify(broken))).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(GnomonError);
    expect(thrown).toMatchObject({ where: 'mine.json, commitment' });
    expect(JSON.stringify((thrown as GnomonError).toData())).not.toContain('canary-value');
    await expect(readBundleFile(file('{"format"'))).rejects.toMatchObject({ code: 'input.not-json' });
    await expect(readBundleFile(file('x'.repeat(2_000_001)))).rejects.toMatchObject({
      code: 'input.file-too-large',
    });
  });
});
