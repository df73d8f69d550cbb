// What became of each dropped proof: verdict and reason first, every check on demand.
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Hash } from '../../components/Hash.tsx';
import { Icon, type IconName } from '../../components/Icon.tsx';
import { DemoBadge, Facts } from '../../components/Marks.tsx';
import { Section } from '../../components/Page.tsx';
import { ProgressBar } from '../../components/StageBar.tsx';
import { countEntries, type Entry, type Verification } from './create-verification.ts';
import type { Judgement, NamedCheck } from './judge.ts';
import { countsInWords, entryWords, type Tone } from './words.ts';

/** A page of thousands of results is slow to lay out; the rest is a click away. */
const SHOWN_STEP = 50;

const ICON: Record<Tone, IconName> = { good: 'ok', bad: 'error', warn: 'warn', quiet: 'info' };

export function Results(props: { verification: Verification }): JSX.Element {
  const state = () => props.verification.state;
  const counts = createMemo(() => countEntries(state().entries));
  const [shown, setShown] = createSignal(SHOWN_STEP);
  const done = () => state().entries.length - counts().waiting;
  const canJudgeAgain = () =>
    !state().running && counts().refused + counts().unchecked + counts().alreadyUsed + counts().valid > 0;
  return (
    <Section
      title="Results"
      aside={
        <div class="row">
          <Show when={state().running && state().entries.length > 1}>
            <Button icon="close" onClick={() => props.verification.stop()}>
              Stop
            </Button>
          </Show>
          <Show when={!state().running && counts().waiting > 0 && state().campaign}>
            <Button icon="retry" onClick={() => void props.verification.run()}>
              Go on
            </Button>
          </Show>
          <Show when={canJudgeAgain()}>
            <Button variant="quiet" icon="retry" onClick={() => void props.verification.again()}>
              Check again
            </Button>
          </Show>
          <Button variant="quiet" icon="close" onClick={() => props.verification.clear()}>
            Clear
          </Button>
        </div>
      }
    >
      <p role="status" class="numbers">
        {countsInWords(counts())}
      </p>
      <Show when={state().running && state().entries.length > 3}>
        <ProgressBar
          label="Checking proofs"
          fraction={done() / state().entries.length}
          words={`${done()} of ${state().entries.length} checked`}
        />
      </Show>
      <ul class="verify-results">
        <For each={state().entries.slice(0, shown())}>
          {(entry) => <Result entry={entry} hasCampaign={state().campaign !== null} />}
        </For>
      </ul>
      <Show when={state().entries.length > shown()}>
        <Button onClick={() => setShown(shown() + 4 * SHOWN_STEP)}>
          Show more of {state().entries.length}
        </Button>
      </Show>
    </Section>
  );
}

function Result(props: { entry: Entry; hasCampaign: boolean }): JSX.Element {
  const words = createMemo(() => entryWords(props.entry, props.hasCampaign));
  const judgement = () => (props.entry.state.step === 'judged' ? props.entry.state.judgement : null);
  const error = () => {
    const { state } = props.entry;
    return state.step === 'bad' || state.step === 'unchecked' ? state.error : null;
  };
  return (
    <li class={`verify-result verify-${words().tone}`}>
      <Icon name={ICON[words().tone]} sizePx={20} />
      <div class="verify-result-body">
        <div class="verify-result-head">
          <span class="verify-result-title">{words().title}</span>
          <Show when={judgement()?.demo}>
            <DemoBadge />
          </Show>
          <span class="verify-result-name small quiet">{props.entry.item.name}</span>
        </div>
        <Show when={judgement()?.claim}>
          {(claim) => (
            <p>
              <Show
                when={claim().payload !== ''}
                fallback={<span class="quiet">No words of the claimant. </span>}
              >
                Claimant says:{' '}
                <strong>
                  <bdi class="verify-payload">{claim().payload}</bdi>
                </strong>
                .{' '}
              </Show>
              <Show when={claim().shows}>Shows {claim().shows}.</Show>
            </p>
          )}
        </Show>
        <Show when={words().reason !== ''}>
          <p classList={{ quiet: words().tone === 'good' }}>{words().reason}</p>
        </Show>
        {/* A demo says so by its badge, and a real campaign refuses such keys. */}
        <Show when={judgement()?.developmentKey && judgement()?.claim === undefined}>
          <p class="verify-warning">
            Made with a development key: anyone can forge such a proof. It is good for demos only.
          </p>
        </Show>
        <Show when={error()}>
          {(data) => (
            <>
              <Show when={data().where}>
                <p class="small">
                  Where: <span class="mono">{data().where}</span>
                </p>
              </Show>
              <p class="small">{data().nextStep}</p>
            </>
          )}
        </Show>
        <Show when={judgement()}>{(found) => <Checks judgement={found()} />}</Show>
      </div>
    </li>
  );
}

function Checks(props: { judgement: Judgement }): JSX.Element {
  const all = () => [...props.judgement.campaignChecks, ...props.judgement.cryptographicChecks];
  const failed = () => all().filter(({ ok }) => !ok).length;
  return (
    <details class="verify-checks">
      <summary>
        {failed() === 0
          ? `All ${all().length} checks passed`
          : `${failed()} of ${all().length} checks failed`}
      </summary>
      <Show when={props.judgement.campaignChecks.length > 0}>
        <h3 class="small">Against the campaign file</h3>
        <CheckList checks={props.judgement.campaignChecks} />
      </Show>
      <Show when={props.judgement.cryptographicChecks.length > 0}>
        <h3 class="small">The proof itself, by two verifiers</h3>
        <CheckList checks={props.judgement.cryptographicChecks} />
      </Show>
      <Show when={props.judgement.claim}>
        {(claim) => (
          <Facts
            items={[
              { term: 'Nullifier', value: <Hash value={claim().nullifier} what="nullifier" /> },
              { term: 'Scope', value: <Hash value={claim().scope} what="scope" /> },
            ]}
          />
        )}
      </Show>
    </details>
  );
}

function CheckList(props: { checks: readonly NamedCheck[] }): JSX.Element {
  return (
    <ul class="verify-check-list">
      <For each={props.checks}>
        {(check) => (
          <li classList={{ 'verify-check-failed': !check.ok }}>
            <Icon name={check.ok ? 'check' : 'close'} sizePx={16} label={check.ok ? 'Passed' : 'Failed'} />
            <span>
              <span class="verify-check-name">{check.name}</span> <span class="quiet">{check.detail}</span>
            </span>
          </li>
        )}
      </For>
    </ul>
  );
}
