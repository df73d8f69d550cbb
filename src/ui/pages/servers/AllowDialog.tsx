// The question before a server may see anything: who, what, and what follows from it.
import { createEffect, createSignal, type JSX, on, Show } from 'solid-js';
import type { ServerView } from '../../../services/servers.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Checkbox } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { useServices } from '../../services.ts';
import { SECRETS_WARNING } from './server-words.ts';

export function AllowDialog(props: {
  server: ServerView;
  what: 'inputs' | 'secrets';
  open: boolean;
  onOpenChange: (open: boolean) => void;
}): JSX.Element {
  const { servers } = useServices();
  const [understood, setUnderstood] = createSignal(false);
  createEffect(
    on(
      () => props.open,
      () => setUnderstood(false),
    ),
  );
  const secrets = () => props.what === 'secrets';
  const allow = () => {
    servers.setPermission(props.server.id, props.what);
    props.onOpenChange(false);
  };
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={
        secrets()
          ? `Let ${props.server.name} see your identities’ secrets?`
          : `Let ${props.server.name} see inputs?`
      }
      description={
        secrets()
          ? 'A claim cannot be proved elsewhere without the secret of the identity that makes it.'
          : `When a proof goes there, ${props.server.name} (${props.server.host}) and whoever runs it will see everything that went into it. That cannot be taken back.`
      }
      footer={
        <>
          <Button onClick={() => props.onOpenChange(false)}>Do not allow</Button>
          <Button
            variant={secrets() ? 'danger' : 'primary'}
            disabled={secrets() && !understood()}
            onClick={allow}
          >
            Allow
          </Button>
        </>
      }
    >
      <Show when={props.server.sealsNoMore}>
        <p>What goes there is sent as it is, no longer sealed to a key of the server’s.</p>
      </Show>
      <Show
        when={secrets()}
        fallback={
          <Show when={props.server.says}>
            {(says) => <p class="quiet">It says: “{says().privacy}” Nobody checks that for you.</p>}
          </Show>
        }
      >
        <Notice kind="warn" title={SECRETS_WARNING}>
          It would see the identity’s secret with each claim. Taking the permission back later does not make
          it forget. Only for a server that you run yourself.
        </Notice>
        <Checkbox
          label="I trust this server as much as this device"
          checked={understood()}
          onChange={setUnderstood}
        />
      </Show>
    </Dialog>
  );
}
