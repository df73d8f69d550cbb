// Shows an identity's export string once its passphrase was given: the unencrypted key, and says so.
import { createEffect, createSignal, type JSX, on, Show } from 'solid-js';
import type { IdentitySummary } from '../../../services/identities.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/Field.tsx';
import { saveFile } from '../../components/files.ts';
import { CopyButton } from '../../components/Hash.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { backupFile } from './identity-form.ts';

export interface IdentityDialogProps {
  identity: IdentitySummary;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function BackupDialog(props: IdentityDialogProps): JSX.Element {
  const services = useServices();
  const [passphrase, setPassphrase] = createSignal('');
  const [exported, setExported] = createSignal<string | null>(null);
  const show = createAction(async (typed: string) => {
    const text = await services.identities.exportString(props.identity.id, typed);
    // Closed while the passphrase was tried: nobody is looking any more.
    if (props.open) setExported(text);
    setPassphrase('');
  });
  // Neither the key nor the passphrase stays behind a closed dialog.
  createEffect(
    on(
      () => props.open,
      () => {
        setPassphrase('');
        setExported(null);
        show.clear();
      },
    ),
  );
  const file = (text: string) => backupFile(props.identity.name, text);
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Back up ${props.identity.name}`}
      description="The backup is a Semaphore export string. With it, the identity can be imported anywhere."
    >
      <Notice kind="warn" title="It is the unencrypted key">
        Anyone who has it can act as you, everywhere this identity is used, for good. Keep it where only you
        can read it, such as a password manager or paper.
      </Notice>
      <Show
        when={exported()}
        fallback={
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void show.run(passphrase());
            }}
          >
            <TextInput
              label="Passphrase"
              type="password"
              autocomplete="current-password"
              value={passphrase()}
              onInput={setPassphrase}
              required
            />
            <Show when={show.error()}>{(error) => <Notice error={error()} />}</Show>
            <div class="dialog-foot">
              <Button onClick={() => props.onOpenChange(false)}>Cancel</Button>
              <Button
                type="submit"
                variant="primary"
                icon="key"
                busy={show.busy()}
                disabled={passphrase() === ''}
              >
                Show the key
              </Button>
            </div>
          </form>
        }
      >
        {(text) => (
          // The button that had the focus is gone; what came of it takes it.
          <div class="stack" tabIndex={-1} ref={(element) => queueMicrotask(() => element.focus())}>
            <TextInput label="Export string" value={text()} onInput={() => {}} rows={2} mono readOnly />
            <div class="dialog-foot">
              <CopyButton value={text()} what="export string" text="Copy" />
              <Button
                icon="download"
                onClick={() => saveFile(file(text()).name, file(text()).text, 'text/plain')}
              >
                Download
              </Button>
              <Button variant="primary" icon="check" onClick={() => props.onOpenChange(false)}>
                I have kept it
              </Button>
            </div>
          </div>
        )}
      </Show>
    </Dialog>
  );
}
