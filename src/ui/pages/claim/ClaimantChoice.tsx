// Whose identity claims: the demo's own in demos, else the kept one that the bundle was made for,
// unlocked here if need be.
import { createSignal, type JSX, Match, onCleanup, Show, Switch } from 'solid-js';
import type { ClaimBundle } from '../../../reputation/bundle.ts';
import type { IdentitySummary } from '../../../services/identities.ts';
import { Button, LinkButton } from '../../components/Button.tsx';
import { TextInput } from '../../components/Field.tsx';
import { Hash } from '../../components/Hash.tsx';
import { Icon } from '../../components/Icon.tsx';
import { DemoBadge } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';

/** The kept identity a bundle was made for, as it changes; undefined while loading, null if there is none. */
export function createMatchingIdentity(bundle: () => ClaimBundle): () => IdentitySummary | null | undefined {
  const { identities } = useServices();
  const all = createLoaded(
    () => null,
    () => identities.list(),
  );
  onCleanup(identities.watch(all.reload));
  return () => {
    const list = all.error() === null ? all.value() : [];
    const commitment = `${bundle().commitment}`;
    return list === undefined ? undefined : (list.find((one) => one.commitment === commitment) ?? null);
  };
}

export interface ClaimantChoiceProps {
  bundle: ClaimBundle;
  identity: IdentitySummary | null | undefined;
}

export function ClaimantChoice(props: ClaimantChoiceProps): JSX.Element {
  return (
    <Section title="Identity">
      <Switch>
        <Match when={props.bundle.campaign.demo}>
          <p class="row">
            <Icon name="identity" />
            <span>Demo identity of {props.bundle.subject}</span>
            <DemoBadge />
          </p>
          <p class="quiet small">Made from a published seed. Anyone could make the same proof.</p>
        </Match>
        <Match when={props.identity === undefined}>
          <p class="quiet">Looking for your identity</p>
        </Match>
        <Match when={props.identity === null}>
          <Notice
            kind="warn"
            title="This bundle was made for an identity that is not on this device."
            nextStep="Import its backup, then come back; this bundle stays open."
            actions={
              <LinkButton href="/identity" icon="identity">
                Go to identities
              </LinkButton>
            }
          >
            Its commitment is <Hash value={`${props.bundle.commitment}`} what="commitment" />
          </Notice>
        </Match>
        <Match when={props.identity}>
          {(identity) => (
            <>
              <p class="row">
                <Icon name={identity().unlocked ? 'unlock' : 'lock'} />
                <span>{identity().name}</span>
                <Hash value={identity().commitment} what="commitment" />
              </p>
              <Show when={!identity().unlocked}>
                <UnlockForm identity={identity()} />
              </Show>
            </>
          )}
        </Match>
      </Switch>
    </Section>
  );
}

/** Takes the passphrase of a kept identity. */
export function UnlockForm(props: { identity: IdentitySummary }): JSX.Element {
  const { identities } = useServices();
  const [passphrase, setPassphrase] = createSignal('');
  const unlock = createAction(async () => {
    await identities.unlock(props.identity.id, passphrase());
    setPassphrase('');
  });
  return (
    <form
      class="stack-s"
      onSubmit={(event) => {
        event.preventDefault();
        void unlock.run();
      }}
    >
      <TextInput
        label="Passphrase"
        type="password"
        autocomplete="current-password"
        value={passphrase()}
        onInput={setPassphrase}
      />
      <Show when={unlock.error()}>{(data) => <Notice error={data()} />}</Show>
      <div class="row">
        <Button type="submit" icon="unlock" busy={unlock.busy()} disabled={passphrase() === ''}>
          Unlock
        </Button>
      </div>
    </form>
  );
}
