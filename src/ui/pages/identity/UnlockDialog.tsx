// Asks for an identity's passphrase and unlocks it in this tab.
import { createEffect, createResource, createSignal, type JSX, on, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';

export interface UnlockDialogProps {
  identityId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** What happens next, in words: "go on with the proof". */
  then?: string;
  onUnlocked?: () => void;
}

export function UnlockDialog(props: UnlockDialogProps): JSX.Element {
  const services = useServices();
  const [passphrase, setPassphrase] = createSignal('');
  const [identity] = createResource(
    () => (props.open ? props.identityId : null),
    async (id) => (await services.identities.list()).find((one) => one.id === id) ?? null,
  );
  const unlock = createAction((id: string, typed: string) => services.identities.unlock(id, typed));
  // A passphrase must not wait in the field for the next person.
  createEffect(
    on(
      () => props.open,
      () => {
        setPassphrase('');
        unlock.clear();
      },
    ),
  );
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(await unlock.run(props.identityId, passphrase()))) return;
    props.onOpenChange(false);
    props.onUnlocked?.();
  };
  const title = () => (identity() ? `Unlock ${identity()?.name}` : 'Unlock identity');
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={title()}
      description={`Its passphrase opens it in this tab only${props.then === undefined ? '' : `, to ${props.then}`}. It stays open until you lock it or close the tab.`}
    >
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <Show when={identity.state === 'ready' && identity() === null}>
          <Notice
            kind="error"
            title="This identity is no longer on this device"
            nextStep="Import it on the Identity page."
          />
        </Show>
        <TextInput
          label="Passphrase"
          type="password"
          autocomplete="current-password"
          value={passphrase()}
          onInput={setPassphrase}
          required
        />
        <Show when={unlock.error()}>{(error) => <Notice error={error()} />}</Show>
        <div class="dialog-foot">
          <Button onClick={() => props.onOpenChange(false)}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            icon="unlock"
            busy={unlock.busy()}
            disabled={passphrase() === ''}
          >
            Unlock
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
