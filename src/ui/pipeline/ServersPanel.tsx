// Servers that a proof may go to: how each is, what it may see by the person's own word, and the choice for this one.
import { createSignal, For, type JSX, Show } from 'solid-js';
import type { Gnomon, ServerStatus } from '../../client/types.ts';
import { Button } from '../components/Button.tsx';
import { Checkbox } from '../components/Field.tsx';
import { Icon } from '../components/Icon.tsx';
import { Notice } from '../components/Notice.tsx';
import { RadioCards } from '../components/RadioCards.tsx';
import { SECRETS_WARNING } from '../pages/servers/server-words.ts';
import type { Pipeline } from './create-pipeline.ts';
import { serverWords, tripWords } from './pipeline-words.ts';

export function ServersPanel(props: {
  pipeline: Pipeline;
  client: Gnomon;
  mayChoose: boolean;
  sooner: boolean;
}): JSX.Element {
  const secrets = () => props.pipeline.plan()?.secrets === true;
  const usable = () =>
    props.pipeline
      .servers()
      .filter(
        ({ permission, setAside }) =>
          setAside === null && (secrets() ? permission === 'secrets' : permission !== 'nothing'),
      );
  const options = () => [
    { value: 'here', title: 'This device', text: 'Nothing leaves.' },
    ...(props.sooner
      ? [{ value: 'sooner', title: 'Wherever it is sooner', text: 'Here, or on a server below.' }]
      : []),
    ...usable().map(({ id, name }) => ({
      value: id,
      title: name,
      text: 'It will see everything that goes into the proof.',
    })),
  ];
  return (
    <div class="stack-s" part="servers">
      <ul class="pipeline-servers" aria-label="Servers">
        <For each={props.pipeline.servers().map(({ id }) => id)}>
          {(id) => (
            <ServerLine
              server={props.pipeline.servers().find((one) => one.id === id) as ServerStatus}
              secrets={secrets()}
              client={props.client}
            />
          )}
        </For>
      </ul>
      <Show when={props.mayChoose && usable().length > 0}>
        <RadioCards
          legend="Where to make it"
          value={props.pipeline.where()}
          onChange={(to) => props.pipeline.setWhere(to)}
          options={options()}
        />
      </Show>
    </div>
  );
}

function ServerLine(props: { server: ServerStatus; secrets: boolean; client: Gnomon }): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  const allowed = () =>
    props.server.permission === 'secrets' || (props.server.permission === 'inputs' && !props.secrets);
  return (
    <li class="stack-s">
      <div class="pipeline-server">
        <span
          class="pipeline-server-state"
          classList={{ 'pipeline-server-ready': props.server.phase === 'ready' }}
        >
          <Icon name={props.server.phase === 'ready' ? 'check' : 'server'} sizePx={16} />
          <span>
            <strong>{props.server.name}</strong>{' '}
            <span class="quiet">
              <span aria-live="polite">{serverWords(props.server)}</span>
              {tripWords(props.server)}
            </span>
          </span>
        </span>
        <Show
          when={allowed()}
          fallback={
            <Show when={!asking() && props.server.setAside === null}>
              <Button onClick={() => setAsking(true)}>Use this server</Button>
            </Show>
          }
        >
          <Button variant="quiet" onClick={() => props.client.allowServer(props.server.id, 'nothing')}>
            Stop using it
          </Button>
        </Show>
      </div>
      <Show
        when={props.server.permission !== 'nothing' && props.server.phase !== 'ready' && props.server.error}
      >
        {(error) => (
          <Notice kind="warn" title={error().message}>
            {error().nextStep}
          </Notice>
        )}
      </Show>
      <Show when={asking() && !allowed()}>
        <Question {...props} onAnswer={() => setAsking(false)} />
      </Show>
    </li>
  );
}

/** In place, since a dialog of ours has no business over somebody else's page. */
function Question(props: {
  server: ServerStatus;
  secrets: boolean;
  client: Gnomon;
  onAnswer: () => void;
}): JSX.Element {
  const [understood, setUnderstood] = createSignal(false);
  const allow = () => {
    props.client.allowServer(props.server.id, props.secrets ? 'secrets' : 'inputs');
    props.onAnswer();
  };
  return (
    <Notice
      kind="warn"
      title={`Let ${props.server.name} see what goes into proofs?`}
      actions={
        <>
          <Button onClick={() => props.onAnswer()}>Do not allow</Button>
          <Button variant="primary" disabled={props.secrets && !understood()} onClick={allow}>
            Allow
          </Button>
        </>
      }
    >
      <p>
        When a proof goes there, {props.server.host} and whoever runs it will see everything that went into
        it. That cannot be taken back.
      </p>
      <Show when={props.secrets}>
        <p>{SECRETS_WARNING}</p>
        <Checkbox
          label="I trust this server as much as this device"
          checked={understood()}
          onChange={setUnderstood}
        />
      </Show>
    </Notice>
  );
}
