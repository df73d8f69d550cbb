// One server: how it is, what it says of itself, what it may see, and what can be done about it.
import { createSignal, For, type JSX, Show } from 'solid-js';
import type { OffloadSettings, ServerView } from '../../../services/servers.ts';
import { Button } from '../../components/Button.tsx';
import { aboutMs, exactMs, plural } from '../../components/format.ts';
import { Icon } from '../../components/Icon.tsx';
import { Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createFocusKeeper } from '../../create-focus-keeper.ts';
import { useServices } from '../../services.ts';
import { AllowDialog } from './AllowDialog.tsx';
import { PairDialog } from './PairDialog.tsx';
import { isOnThisDevice, networkPermission, PERMISSION_WORDS, stateWords } from './server-words.ts';

export function ServerCard(props: { server: ServerView; mode: OffloadSettings['mode'] }): JSX.Element {
  const { servers } = useServices();
  const [pairing, setPairing] = createSignal(false);
  const [asking, setAsking] = createSignal<'inputs' | 'secrets' | null>(null);
  const id = () => props.server.id;
  const isReady = () =>
    props.server.phase === 'ready' && props.server.setAside === null && !props.server.sealsNoMore;
  let heading: HTMLHeadingElement | undefined;
  createFocusKeeper(
    () =>
      `${props.server.permission} ${props.server.phase} ${props.server.setAside !== null} ${props.server.sealsNoMore}`,
    () => heading,
  );
  const allowed = () => (props.server.permission === 'nothing' ? null : props.server.permission);
  const dialog = (what: 'inputs' | 'secrets') => ({
    what,
    open: asking() === what,
    onOpenChange: (open: boolean) => setAsking(open ? what : null),
  });
  const facts = () => {
    const { says, roundTripMs, host } = props.server;
    return [
      { term: 'Address', value: <span class="mono">{host}</span> },
      { term: 'May see', value: <>{PERMISSION_WORDS[props.server.permission]}</> },
      ...(roundTripMs === null ? [] : [{ term: 'There and back', value: <>{exactMs(roundTripMs)}</> }]),
      ...(says === null
        ? []
        : [
            {
              term: 'At once',
              value: (
                <>
                  {plural(says.slots, 'proof', 'proofs')}; {says.busy} under way, {says.queued} waiting
                </>
              ),
            },
            { term: 'Circuits', value: <CircuitNames circuits={says.circuits} /> },
            { term: 'Inputs', value: <Sealing keyId={says.keyId} /> },
            { term: 'Says of inputs', value: <>{says.privacy}</> },
          ]),
    ];
  };
  return (
    <li class="panel stack">
      <div class="section-head">
        <h3 ref={heading} tabIndex={-1}>
          {props.server.name}
        </h3>
        <span class="server-state" classList={{ 'server-ready': isReady() }} aria-live="polite">
          <Icon name={isReady() ? 'check' : 'info'} sizePx={16} />
          {stateWords(props.server, props.mode)}
        </span>
      </div>
      <Show when={props.server.setAside}>
        {(why) => (
          <Notice
            kind="error"
            title={`${props.server.name} gets nothing more`}
            nextStep="Tell whoever runs it. Use it again only when you know what was wrong."
            actions={<Button onClick={() => servers.trustAgain(id())}>Use it again</Button>}
          >
            It was set aside because {why()}. No wrong proof was taken: each is checked on this device.
          </Notice>
        )}
      </Show>
      <Show when={props.server.sealsNoMore ? allowed() : null}>
        {(what) => (
          <Notice
            kind="warn"
            title={`${props.server.name} takes no sealed inputs any more`}
            nextStep="Ask whoever runs it why, before you allow that."
            actions={<Button onClick={() => setAsking(what())}>Allow it unsealed</Button>}
          >
            It gets nothing until you decide. So far what went there was sealed on this device to its key, so
            that nothing in between could read it. Now it would be sent as it is.
          </Notice>
        )}
      </Show>
      <Show when={props.server.phase !== 'ready' ? props.server.error : null}>
        {(error) => (
          <Notice
            kind="warn"
            error={error()}
            actions={
              <Button icon="retry" onClick={() => servers.retryNow()}>
                Try now
              </Button>
            }
          >
            <Show
              when={props.server.access === 'denied'}
              fallback={
                <Show
                  when={
                    props.server.onLocalNetwork &&
                    !isOnThisDevice(props.server) &&
                    error().group === 'network'
                  }
                >
                  It is on your own network: the browser may have to be allowed to reach it.
                </Show>
              }
            >
              The browser does not let this page reach{' '}
              {isOnThisDevice(props.server) ? 'servers on this device' : 'your own network'}. Allow{' '}
              {networkPermission(props.server)} for this site, in the settings beside its address; the page
              then connects by itself.
            </Show>
          </Notice>
        )}
      </Show>
      <Show when={props.server.phase === 'idle' && props.server.access === 'prompt'}>
        <Notice
          kind="info"
          title="The browser will ask you first"
          actions={
            <Button icon="server" onClick={() => servers.askNetwork(id())}>
              Connect
            </Button>
          }
        >
          {props.server.name} is {isOnThisDevice(props.server) ? 'on this device' : 'on your own network'}.
          When you connect, the browser asks whether this page may reach{' '}
          {isOnThisDevice(props.server) ? 'other apps and services on it' : 'devices there'}. If you allow it,
          the page talks to the servers that you add, and to nothing else.
        </Notice>
      </Show>
      <Facts items={facts()} />
      <div class="row">
        <Show when={props.server.permission === 'nothing'}>
          <Button icon="check" onClick={() => setAsking('inputs')}>
            Allow inputs
          </Button>
        </Show>
        <Show when={props.server.permission === 'inputs'}>
          <Button icon="key" onClick={() => setAsking('secrets')}>
            Allow claims too
          </Button>
        </Show>
        <Show when={props.server.permission !== 'nothing'}>
          <Button onClick={() => servers.setPermission(id(), 'nothing')}>Stop allowing</Button>
        </Show>
        <Button icon="device" onClick={() => setPairing(true)}>
          Pair another device
        </Button>
        <Button
          variant="quiet"
          icon="trash"
          label={`Remove ${props.server.name}`}
          onClick={() => servers.remove(id())}
        />
      </div>
      <PairDialog server={props.server} open={pairing()} onOpenChange={setPairing} />
      <AllowDialog server={props.server} {...dialog('inputs')} />
      <AllowDialog server={props.server} {...dialog('secrets')} />
    </li>
  );
}

function Sealing(props: { keyId: string | null }): JSX.Element {
  return (
    <Show when={props.keyId} fallback="sent as they are, to this server only">
      {(id) => (
        <>
          sealed on this device to the key <span class="mono">{id()}</span>: only machines that have it read
          them
        </>
      )}
    </Show>
  );
}

function CircuitNames(props: { circuits: { id: string; typicalMs: number | null }[] }): JSX.Element {
  return (
    <Show when={props.circuits.length > 0} fallback="none yet">
      <ul class="server-circuits">
        <For each={props.circuits.slice(0, 12)}>
          {({ id, typicalMs }) => (
            <li>
              <span class="mono">{id}</span>
              <Show when={typicalMs}>{(ms) => <span class="quiet"> {aboutMs(ms())}</span>}</Show>
            </li>
          )}
        </For>
        <Show when={props.circuits.length > 12}>
          <li class="quiet">and {props.circuits.length - 12} more</li>
        </Show>
      </ul>
    </Show>
  );
}
