// Signs a registration: the file by which a campaign ties a subject to this identity's commitment.
import { createEffect, createSignal, type JSX, on, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/Field.tsx';
import { saveFile } from '../../components/files.ts';
import { CopyButton } from '../../components/Hash.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import type { IdentityDialogProps } from './BackupDialog.tsx';
import { type NamedText, registrationFile } from './identity-form.ts';

export function RegisterDialog(props: IdentityDialogProps): JSX.Element {
  const services = useServices();
  const [campaignId, setCampaignId] = createSignal('');
  const [subject, setSubject] = createSignal('');
  const [passphrase, setPassphrase] = createSignal('');
  const [file, setFile] = createSignal<NamedText | null>(null);
  const sign = createAction(async () => {
    const campaign = campaignId().trim();
    const who = subject().trim();
    if (!props.identity.unlocked) await services.identities.unlock(props.identity.id, passphrase());
    setPassphrase('');
    const line = await services.identities.signRegistration(props.identity.id, campaign, who);
    setFile(registrationFile(campaign, who, line));
  });
  const ready = () =>
    campaignId().trim() !== '' && subject().trim() !== '' && (props.identity.unlocked || passphrase() !== '');
  createEffect(
    on(
      () => props.open,
      () => {
        setFile(null);
        setPassphrase('');
        sign.clear();
      },
    ),
  );
  // What is shown must be what was signed.
  const edit = (set: (value: string) => void) => (value: string) => {
    set(value);
    setFile(null);
  };
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Register with a campaign"
      description="Your signature shows the campaign that this commitment is yours. The campaign learns both; a claim shows neither."
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void sign.run();
        }}
      >
        <TextInput
          label="Campaign id"
          hint="As the campaign gives it, letter for letter."
          value={campaignId()}
          onInput={edit(setCampaignId)}
          maxLength={256}
          required
        />
        <TextInput
          label="Who you are to the campaign"
          hint="Your id in its network, such as an address or a user number."
          value={subject()}
          onInput={edit(setSubject)}
          maxLength={256}
          required
        />
        <Show when={!props.identity.unlocked}>
          <TextInput
            label="Passphrase"
            hint="The identity is locked; signing unlocks it in this tab."
            type="password"
            autocomplete="current-password"
            value={passphrase()}
            onInput={setPassphrase}
            required
          />
        </Show>
        <Show when={sign.error()}>{(error) => <Notice error={error()} />}</Show>
        <Show
          when={file()}
          fallback={
            <div class="dialog-foot">
              <Button onClick={() => props.onOpenChange(false)}>Cancel</Button>
              <Button type="submit" variant="primary" icon="edit" busy={sign.busy()} disabled={!ready()}>
                Sign
              </Button>
            </div>
          }
        >
          {(signed) => (
            <>
              {/* The button that had the focus is gone; what came of it takes it. */}
              <div tabIndex={-1} ref={(element) => queueMicrotask(() => element.focus())}>
                <Notice
                  kind="ok"
                  title="Signed"
                  nextStep="Give this file to the campaign. It holds no secret."
                />
              </div>
              <div class="dialog-foot">
                <CopyButton value={signed().text} what="registration" text="Copy" />
                <Button
                  variant="primary"
                  icon="download"
                  onClick={() => saveFile(signed().name, signed().text, 'text/csv')}
                >
                  Download
                </Button>
              </div>
            </>
          )}
        </Show>
      </form>
    </Dialog>
  );
}
