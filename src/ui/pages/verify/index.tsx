// The Verify page: a campaign file, proofs, a verdict for each, and the list of those accepted.
import { createResource, createSignal, type JSX, onMount, Show } from 'solid-js';
import { FileDrop } from '../../components/FileDrop.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Page, Section } from '../../components/Page.tsx';
import { type Services, useServices } from '../../services.ts';
import { AcceptedList } from './AcceptedList.tsx';
import { CampaignPanel } from './CampaignPanel.tsx';
import { makeVerification, type Verification } from './create-verification.ts';
import { Demands } from './Demands.tsx';
import { Results } from './Results.tsx';
import './verify.css';

// Outlives the page: a batch goes on while the person looks elsewhere.
const [acceptedCount, setAcceptedCount] = createSignal(0);
let kept: { services: Services; verification: Verification } | null = null;

function verificationFor(services: Services): Verification {
  if (kept?.services !== services) {
    const { circuits, verifier, ledger } = services;
    const verification = makeVerification({ circuits, verifier, ledger, nowMs: Date.now }, () =>
      setAcceptedCount((count) => count + 1),
    );
    kept = { services, verification };
  }
  return kept.verification;
}

export default function VerifyPage(): JSX.Element {
  const services = useServices();
  const verification = verificationFor(services);
  const state = verification.state;
  const [accepted, { refetch }] = createResource(acceptedCount, () => services.ledger.list());
  const [clearError, setClearError] = createSignal<unknown>(null);
  onMount(() => void verification.run());

  const take = (files: File[]) => void verification.addFiles(files);
  const clearAccepted = async () => {
    setClearError(null);
    try {
      await services.ledger.clear();
    } catch (thrown) {
      setClearError(thrown);
    }
    void refetch();
  };
  const waiting = () =>
    state.campaign === null &&
    state.entries.some(({ item, state: { step } }) => item.kind === 'claim' && step === 'waiting');

  return (
    <Page
      title="Verify"
      lead="Check claims against the campaign file that you gave out. A claim counts only if every check passes."
      side={<Demands verification={verification} />}
    >
      <CampaignPanel verification={verification} onFiles={take} />
      <Section title="Claims" aside={<PrivacyNote />}>
        <FileDrop
          label="Claims to check"
          hint="One or many claim files. A snarkjs proof also works, together with its public.json and vkey.json."
          accept=".json,application/json"
          multiple
          onFiles={take}
        />
        <Show when={waiting()}>
          <Notice
            title="The campaign file is missing"
            nextStep="Open it above, and the claims are checked at once."
          >
            What a claim must show is written in the campaign file, never in the claim.
          </Notice>
        </Show>
      </Section>
      <Show when={state.entries.length > 0}>
        <Results verification={verification} />
      </Show>
      <AcceptedList
        claims={accepted.error === undefined ? accepted.latest : undefined}
        error={clearError() ?? accepted.error ?? null}
        onClear={clearAccepted}
      />
    </Page>
  );
}
