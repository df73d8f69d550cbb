// Identity: the keys kept on this device, and the ways to make, bring and look after one.
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { EmptyState, Page, Section } from '../../components/Page.tsx';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { useServices } from '../../services.ts';
import { createIdentities } from './create-identities.ts';
import { IdentityCard } from './IdentityCard.tsx';
import { ImportDialog, MakeDialog } from './NewIdentityDialogs.tsx';
import './identity.css';

export default function Identity(): JSX.Element {
  const live = createIdentities(useServices().identities);
  const [dialog, setDialog] = createSignal<'make' | 'import' | null>(null);
  const ids = createMemo(() => (live.identities() ?? []).map((one) => one.id), [], {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
  const byId = createMemo(() => new Map((live.identities() ?? []).map((one) => [one.id, one])));
  // A card or the first button may go while it has the focus; then the title takes it.
  createFocusKeeper(ids);
  const buttons = (first: 'primary' | 'plain') => (
    <>
      <Button variant={first} icon="plus" onClick={() => setDialog('make')}>
        Make an identity
      </Button>
      <Button icon="upload" onClick={() => setDialog('import')}>
        Import one
      </Button>
    </>
  );

  return (
    <Page
      title="Identity"
      lead="An identity is a secret key. It is kept on this device, encrypted, and only you can take it elsewhere."
      side={<About />}
    >
      <Show when={live.error()}>
        {(error) => <Notice title="The identities could not be read" error={error()} />}
      </Show>
      <Show
        when={ids().length > 0}
        fallback={
          <Show
            when={live.identities() !== null}
            fallback={
              <Show when={live.error() === null}>
                <p class="quiet">Reading what is kept on this device.</p>
              </Show>
            }
          >
            <EmptyState title="No identity yet" actions={buttons('primary')}>
              Make one and give its commitment to a campaign, or import one that you use elsewhere. The sample
              claim needs none.
            </EmptyState>
          </Show>
        }
      >
        <ul class="identity-list">
          <For each={ids()}>
            {(id) => (
              <Show when={byId().get(id)}>{(identity) => <IdentityCard identity={identity()} />}</Show>
            )}
          </For>
        </ul>
        <div class="row">
          {buttons('plain')}
          <PrivacyNote />
        </div>
      </Show>
      <MakeDialog open={dialog() === 'make'} onOpenChange={(open) => setDialog(open ? 'make' : null)} />
      <ImportDialog open={dialog() === 'import'} onOpenChange={(open) => setDialog(open ? 'import' : null)} />
    </Page>
  );
}

function About(): JSX.Element {
  return (
    <Section title="How it is used">
      <ol class="stack-s">
        <li>Make an identity, and back it up.</li>
        <li>Register with a campaign: it learns your commitment, not your key.</li>
        <li>The campaign gives you a claim bundle. Open it on the Claim page.</li>
      </ol>
      <p class="quiet small">
        It is a Semaphore v4 identity, encrypted with AES-256-GCM under your passphrase (PBKDF2-SHA-256,
        600,000 rounds). Nobody can reset the passphrase.
      </p>
    </Section>
  );
}
