// A finished proof: whether it holds and why, what it says and hides, and the files to take away.
import { createMemo, createSignal, For, type JSX, onMount, Show } from 'solid-js';
import type { Job, ProofResult } from '../../../core/job.ts';
import { Button } from '../../components/Button.tsx';
import { timeText } from '../../components/format.ts';
import { Icon } from '../../components/Icon.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { readClaimContext } from '../claim/claim-context.ts';
import { ClaimPanel } from './ClaimPanel.tsx';
import { checkProof, type ProofVerdict } from './check-proof.ts';
import { readClaimSignals } from './claim-words.ts';
import { FilesPanel } from './FilesPanel.tsx';
import { SignalsTable, TimingsTable } from './ResultTables.tsx';

export function ResultPanel(props: { job: Job; result: ProofResult }): JSX.Element {
  const services = useServices();
  const [verdict, setVerdict] = createSignal<{ at: number; verdict: ProofVerdict } | null>(null);
  const check = createAction(async () => {
    setVerdict(null);
    const found = await checkProof(props.job, services.circuits, services.verifier);
    setVerdict({ at: Date.now(), verdict: found });
  });
  onMount(() => void check.run());
  const context = createMemo(() => readClaimContext(props.job.context));
  const signals = createMemo(() => readClaimSignals(props.job.circuit, props.result.publicSignals));
  const development = () => verdict()?.verdict.developmentKey ?? props.job.circuit.setup === 'development';

  return (
    <>
      <Section
        title="Verdict"
        aside={
          <Button icon="verify" busy={check.busy()} onClick={() => void check.run()}>
            {check.busy() ? 'Checking' : 'Verify again'}
          </Button>
        }
      >
        <Show when={check.error()}>
          {(error) => (
            <Notice title="The proof could not be checked now" error={error()}>
              This says nothing about the proof.
            </Notice>
          )}
        </Show>
        <Show when={verdict()} fallback={<Show when={check.busy()}>{<Checking />}</Show>}>
          {(found) => <VerdictNotice verdict={found().verdict} atMs={found().at} />}
        </Show>
        <Show when={development()}>
          <DevelopmentKey demo={context()?.campaign.demo === true} />
        </Show>
      </Section>
      {/* Before the long explanation: the file is what the person came for. */}
      <FilesPanel job={props.job} result={props.result} context={context()} />
      <Show when={signals()}>
        {(claim) => <ClaimPanel job={props.job} signals={claim()} context={context()} />}
      </Show>
      <Section title="For experts">
        <div>
          <details>
            <summary>Public signals</summary>
            <SignalsTable circuit={props.job.circuit} publicSignals={props.result.publicSignals} />
          </details>
          <details>
            <summary>Time taken</summary>
            <TimingsTable result={props.result} />
          </details>
        </div>
      </Section>
    </>
  );
}

function Checking(): JSX.Element {
  return (
    <p class="quiet" role="status">
      Checking the proof on this device.
    </p>
  );
}

function VerdictNotice(props: { verdict: ProofVerdict; atMs: number }): JSX.Element {
  const failed = () => props.verdict.checks.filter((check) => !check.ok).length;
  const count = () => props.verdict.checks.length;
  return (
    <Notice
      kind={props.verdict.ok ? 'ok' : 'error'}
      title={props.verdict.ok ? 'Verified' : 'Not verified'}
      nextStep={props.verdict.ok ? undefined : 'Do not hand this proof in. Make the claim again.'}
    >
      <p>
        {props.verdict.ok
          ? `All ${count()} checks passed on this device`
          : `${failed()} of ${count()} checks failed on this device`}
        , {timeText(props.atMs)}.
      </p>
      <details open={!props.verdict.ok}>
        <summary>Each check</summary>
        <ul class="checks">
          <For each={props.verdict.checks}>
            {(check) => (
              <li classList={{ 'check-failed': !check.ok }}>
                <Icon name={check.ok ? 'check' : 'close'} label={check.ok ? 'Passed' : 'Failed'} />
                <span>
                  <strong>{check.name}</strong> <span class="quiet">{check.detail}</span>
                </span>
              </li>
            )}
          </For>
        </ul>
      </details>
    </Notice>
  );
}

function DevelopmentKey(props: { demo: boolean }): JSX.Element {
  return (
    <Notice kind="warn" title="Development key: anyone can forge with it">
      <Show
        when={props.demo}
        fallback="Its secret is published. A verifier refuses this claim, since the campaign is not marked as a demo."
      >
        Its secret is published, and so are the identities of this demo. It shows how a claim works and proves
        nothing about anyone.
      </Show>
    </Notice>
  );
}
