// Adding a server: by its address and token, by a pairing link, or the one that this page came from.
import { createSignal, type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { TextInput } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import type { LiveServers } from './create-servers.ts';

/** A pairing link that was opened: taken out of the address bar, and hence of the history, since it holds a token. */
function takePairing(): string {
  const { hash, href, pathname, search } = window.location;
  if (!/[#&](server|token)=/.test(hash)) return '';
  history.replaceState(history.state, '', pathname + search);
  return href;
}

export function AddServer(props: { live: LiveServers }): JSX.Element {
  const { servers } = useServices();
  const paired = takePairing();
  const [address, setAddress] = createSignal(paired);
  const [token, setToken] = createSignal('');
  const add = createAction(async (from: string) => {
    servers.add(from, token());
    setAddress('');
    setToken('');
  });
  const own = () => {
    props.live.servers();
    return servers.ownAddress();
  };
  return (
    <Section title="Add a server">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void add.run(address());
        }}
      >
        <Show when={paired !== '' && address() === paired}>
          <Notice kind="info" title="You opened a pairing link">
            Add the server that it names, if it comes from you or from whoever runs that server.
          </Notice>
        </Show>
        <TextInput
          label="Address or pairing link"
          hint="Such as https://prover.example, or http://localhost:3001 for one on this device. Adding it sends nothing but the token."
          value={address()}
          onInput={setAddress}
          error={add.error() === null ? null : `${add.error()?.message} ${add.error()?.nextStep}`}
        />
        <TextInput
          label="Token"
          hint="From whoever runs the server. Not needed for one on this device, unless it asks for it. Kept in this browser."
          type="password"
          value={token()}
          onInput={setToken}
        />
        <div class="row">
          <Button type="submit" variant="primary" icon="plus" disabled={address().trim() === ''}>
            Add
          </Button>
          <Show when={own()}>
            {(origin) => (
              <Button icon="server" onClick={() => void add.run(origin())}>
                Add the server this page came from
              </Button>
            )}
          </Show>
        </div>
      </form>
      <p class="quiet small">
        Browsers ask before a page may reach devices on your own network, such as a server at home, or other
        apps on this device. You are told before they do. If you say no, it stays “Not reached”: allow “Local
        network” or “Apps on device” for this site in the browser’s settings.
      </p>
      <Show when={!servers.kept()}>
        <Notice kind="warn" title="The browser does not keep settings here.">
          Servers last until this page is closed.
        </Notice>
      </Show>
    </Section>
  );
}
