// Removes an identity from this device, after saying what that means.
import { createEffect, createSignal, type JSX, on, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Checkbox } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import type { IdentityDialogProps } from './BackupDialog.tsx';

export function RemoveDialog(props: IdentityDialogProps): JSX.Element {
  const services = useServices();
  const [understood, setUnderstood] = createSignal(false);
  const remove = createAction(() => services.identities.remove(props.identity.id));
  createEffect(
    on(
      () => props.open,
      () => {
        setUnderstood(false);
        remove.clear();
      },
    ),
  );
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Remove ${props.identity.name}?`}
      description="Its key is deleted from this device. Proofs that are done stay; those that still need it will fail."
      footer={
        <>
          <Button onClick={() => props.onOpenChange(false)}>Keep it</Button>
          <Button
            variant="danger"
            icon="trash"
            busy={remove.busy()}
            disabled={!understood()}
            onClick={() => void remove.run()}
          >
            Remove
          </Button>
        </>
      }
    >
      <Show when={!props.identity.backedUp}>
        <Notice kind="warn" title="There is no backup" nextStep="Back it up first, unless you are sure.">
          Nobody can bring it back, and its claims can’t be made again.
        </Notice>
      </Show>
      <Checkbox
        label={
          props.identity.backedUp
            ? 'I have its export string'
            : 'I know that this identity will be gone for good'
        }
        checked={understood()}
        onChange={setUnderstood}
      />
      <Show when={remove.error()}>{(error) => <Notice error={error()} />}</Show>
    </Dialog>
  );
}
