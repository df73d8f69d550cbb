// One open bundle: what it shows, what to claim, for whom, and the button that makes the proof.
import { useNavigate } from '@solidjs/router';
import { createMemo, createSignal, type JSX, onCleanup, Show } from 'solid-js';
import { circuitFor } from '../../../client/circuit-for.ts';
import { type ErrorData, GnomonError, toErrorData } from '../../../core/errors.ts';
import { systemRandom } from '../../../core/system.ts';
import { boundsOf } from '../../../reputation/ask.ts';
import { bundleScore } from '../../../reputation/claim.ts';
import { Button } from '../../components/Button.tsx';
import { disclosureOf } from '../../components/dial-geometry.ts';
import { TextInput } from '../../components/Field.tsx';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Page } from '../../components/Page.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';
import { PredictedTime } from '../insights/PredictedTime.tsx';
import { createUsualWhere, type Where, WhereChoice } from '../servers/WhereChoice.tsx';
import { CampaignFacts } from './CampaignFacts.tsx';
import { ClaimantChoice, createMatchingIdentity } from './ClaimantChoice.tsx';
import { ClaimDial } from './ClaimDial.tsx';
import { askOptions, challengeProblem, firstAsk, type SizeOption, sizeOptions } from './claim-plan.ts';
import { type OpenBundle, setOpenBundle } from './open-bundle.ts';
import { Reveal } from './Reveal.tsx';
import { claimJob, demoClaimant, keptClaimant, refuseOtherScope } from './submit-claim.ts';

/** The server may still be making keys when the page opens. */
const CIRCUITS_EVERY_MS = 2000;

export function ClaimForm(props: { open: OpenBundle }): JSX.Element {
  const services = useServices();
  const navigate = useNavigate();
  // A new bundle makes a new form (keyed), so these never change under it.
  const bundle = props.open.bundle;
  const { campaign } = bundle;
  const score = bundleScore(bundle);
  const asks = askOptions(bundle);
  const jobId = systemRandom.id();

  const [askIndex, setAskIndex] = createSignal(firstAsk(asks));
  const [wantedCapacity, setWantedCapacity] = createSignal<number | null>(null);
  const [payload, setPayload] = createSignal('');
  const [challenge, setChallenge] = createSignal('');
  const identity = createMatchingIdentity(() => bundle);

  const sized = createMemo<{ sizes: SizeOption[]; error: ErrorData | null }>(() => {
    try {
      return { sizes: sizeOptions(bundle, askIndex() ?? 0), error: null };
    } catch (thrown) {
      return { sizes: [], error: toErrorData(thrown) };
    }
  });
  const capacity = () => wantedCapacity() ?? sized().sizes[0]?.capacity ?? 0;
  const wantedCircuit = () => sized().sizes.find((size) => size.capacity === capacity())?.circuit;

  const available = createLoaded(
    () => null,
    () => services.circuits.list(),
  );
  const circuit = createMemo(() => {
    const wanted = wantedCircuit();
    const entries = available.value();
    if (wanted === undefined || entries === undefined) return { error: null };
    try {
      return { entry: circuitFor(wanted, entries), error: null };
    } catch (thrown) {
      return { error: toErrorData(thrown) };
    }
  });
  const timer = setInterval(() => {
    const waiting = wantedCircuit() !== undefined && circuit().entry === undefined;
    if (waiting && circuit().error === null) available.reload();
  }, CIRCUITS_EVERY_MS);
  onCleanup(() => clearInterval(timer));

  const ask = () => asks[askIndex() ?? -1]?.ask;
  const disclosure = () => {
    const chosen = ask();
    if (chosen === undefined) return { kind: 'nothing' } as const;
    const { lowerPpm, upperPpm } = boundsOf(chosen, score.scorePpm);
    return disclosureOf(chosen.type, lowerPpm, upperPpm);
  };
  /** With nothing to choose, what is asked for is still marked on the dial. */
  const unmetMarks = asks.flatMap((option) => {
    const { lowerPpm, upperPpm } = boundsOf(option.ask, score.scorePpm);
    return option.met ? [] : [lowerPpm / 1e6, upperPpm / 1e6];
  });
  const challengeError = () => challengeProblem(challenge().trim());

  /** What is missing before the button works, in words. */
  const missing = (): string | null => {
    if (sized().error !== null) return null; // Said where it stands.
    if (askIndex() === null) return 'There is nothing to prove with this bundle.';
    if (!campaign.demo && identity() == null) return 'The identity for this bundle is not on this device.';
    if (!campaign.demo && identity()?.unlocked === false) return 'Unlock your identity first.';
    if (challengeError() !== null) return 'The challenge cannot be used.';
    if (circuit().entry === undefined && circuit().error === null) {
      return 'The circuit for this size is still being prepared. This page goes on by itself.';
    }
    return null;
  };

  const [where, setWhere] = createSignal<Where | null>(null);
  const usualWhere = createUsualWhere(true);
  const submit = createAction(async () => {
    const index = askIndex();
    const entry = circuit().entry;
    if (index === null || entry === undefined || missing() !== null) return;
    const kept = identity();
    if (!campaign.demo && kept == null) {
      throw new GnomonError('input.no-identity', 'The identity for this bundle is not on this device.', {
        nextStep: 'Import its backup under Identity.',
      });
    }
    const claimant =
      campaign.demo || kept == null ? demoClaimant(bundle) : await keptClaimant(services, kept, campaign);
    const choices = {
      askIndex: index,
      capacity: capacity(),
      payload: payload().trim(),
      challenge: challenge().trim(),
    };
    const request = claimJob(jobId, bundle, claimant, entry, choices, where() ?? usualWhere());
    // The sample's file changes with the app's keys, and it has nobody to protect.
    if (!props.open.sample) await refuseOtherScope(services, campaign);
    await services.jobs.submit(request);
    navigate(`/proofs/${jobId}`);
  });

  return (
    <Page
      title={campaign.name}
      lead={
        campaign.demo ? `Claim for ${bundle.subject}, from ${props.open.from}` : `From ${props.open.from}`
      }
      aside={
        <div class="row">
          <Show when={campaign.demo}>
            <DemoBadge />
          </Show>
          <Button variant="quiet" icon="close" onClick={() => setOpenBundle(null)}>
            Close bundle
          </Button>
        </div>
      }
      below={<CampaignFacts campaign={campaign} />}
      sideLabel="What this claim shows, and make the proof"
      side={
        <>
          <Show
            when={ask()}
            fallback={
              <Notice
                kind="warn"
                title="Your score meets none of what this campaign asks for."
                nextStep="Ask the campaign for newer attestations, or for a claim that you meet."
              />
            }
          >
            {(chosen) => (
              <Show when={sized().sizes.length > 0}>
                <Reveal
                  ask={chosen()}
                  scorePpm={score.scorePpm}
                  sizes={sized().sizes}
                  capacity={capacity()}
                  onCapacity={setWantedCapacity}
                />
              </Show>
            )}
          </Show>
          <ClaimantChoice bundle={bundle} identity={identity()} />
          <div class="stack-s">
            <Show when={submit.error() ?? circuit().error ?? sized().error}>
              {(data) => <Notice error={data()} />}
            </Show>
            <Show when={circuit().entry === undefined && available.error()}>
              {(data) => <Notice error={data()} />}
            </Show>
            <Show when={!campaign.demo && circuit().entry?.setup === 'development'}>
              <Notice
                kind="warn"
                title="This campaign’s key is a development key."
                nextStep="Ask the campaign for one with ceremony keys."
              >
                Anyone can forge with it, so a verifier refuses the claim.
              </Notice>
            </Show>
            <WhereChoice circuit={circuit().entry} secrets={true} value={where()} onChange={setWhere} />
            <Button
              variant="primary"
              icon="proof"
              busy={submit.busy()}
              disabled={missing() !== null || circuit().error !== null || sized().error !== null}
              onClick={() => submit.run()}
            >
              Make the proof
            </Button>
            <p class="quiet small" aria-live="polite">
              {missing()}
            </p>
            <PredictedTime circuit={circuit().entry} backendId={(where() ?? usualWhere()).sendTo} />
          </div>
        </>
      }
    >
      <ClaimDial bundle={bundle} disclosure={disclosure()} marks={askIndex() === null ? unmetMarks : []} />
      <RadioCards
        legend="What to prove"
        hint={
          asks.length === 1 ? 'The campaign takes this and nothing else.' : 'The campaign takes any of these.'
        }
        value={`${askIndex() ?? ''}`}
        onChange={(value) => setAskIndex(Number(value))}
        options={asks.map((option) => ({
          value: `${option.index}`,
          title: option.title,
          text: option.text,
          disabled: !option.met,
        }))}
      />
      <div class="stack">
        <TextInput
          label="Recipient"
          hint="Optional. What you enter is bound to the proof: nobody can put another in its place. The verifier sees it."
          placeholder="An address, an account, a name"
          value={payload()}
          onInput={setPayload}
          maxLength={256}
        />
        <details>
          <summary>Size and challenge</summary>
          <div class="stack">
            <Show when={sized().sizes.length > 0}>
              <RadioCards
                legend="Size"
                hint="A larger size hides how many people spoke about you, and takes longer."
                value={`${capacity()}`}
                onChange={(value) => setWantedCapacity(Number(value))}
                options={sized().sizes.map((size) => ({
                  value: `${size.capacity}`,
                  title: `Up to ${size.capacity} attestations`,
                  text: size.sharing === 1 ? 'Only you' : `You are one of ${size.sharing}`,
                }))}
              />
            </Show>
            <TextInput
              label="Verifier’s challenge"
              hint="Only if a verifier gave you one of their own."
              mono
              value={challenge()}
              onInput={setChallenge}
              error={challengeError()}
              maxLength={64}
            />
          </div>
        </details>
      </div>
    </Page>
  );
}
