// Makes a new identity, or imports one from a Semaphore export string; both under a passphrase.
import { createEffect, createSignal, type JSX, on, Show } from 'solid-js';
import { createStore } from 'solid-js/store';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/Field.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { NAME_CHARS_MAX, type NewIdentity, newIdentityProblems } from './identity-form.ts';

export interface NewDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function MakeDialog(props: NewDialogProps): JSX.Element {
  const services = useServices();
  return (
    <NewIdentityDialog
      {...props}
      title="Make an identity"
      description="A new key is made here, from this device’s randomness."
      button="Make it"
      save={async ({ name, passphrase }) => {
        await services.identities.create(name, passphrase);
      }}
    />
  );
}

export function ImportDialog(props: NewDialogProps): JSX.Element {
  const services = useServices();
  const [exported, setExported] = createSignal('');
  createEffect(
    on(
      () => props.open,
      () => setExported(''),
    ),
  );
  return (
    <NewIdentityDialog
      {...props}
      title="Import an identity"
      description="Paste the Semaphore export string that you kept when you backed it up."
      button="Import it"
      ready={exported().trim() !== ''}
      save={async ({ name, passphrase }) => {
        await services.identities.importExported(exported(), name, passphrase);
      }}
    >
      <TextInput
        label="Export string"
        hint="The unencrypted key: make sure nobody else sees it."
        type="password"
        autocomplete="off"
        mono
        value={exported()}
        onInput={setExported}
        required
      />
    </NewIdentityDialog>
  );
}

interface NewIdentityDialogProps extends NewDialogProps {
  title: string;
  description: string;
  button: string;
  /** Whether the fields of its own are filled in. */
  ready?: boolean;
  save: (identity: NewIdentity) => Promise<void>;
  /** Fields of its own, first. */
  children?: JSX.Element;
}

const EMPTY: NewIdentity = { name: '', passphrase: '', repeat: '' };

function NewIdentityDialog(props: NewIdentityDialogProps): JSX.Element {
  const [typed, setTyped] = createStore<NewIdentity>({ ...EMPTY });
  // Nothing is called wrong before the person says they are done.
  const [tried, setTried] = createSignal(false);
  const save = createAction((identity: NewIdentity) => props.save(identity));
  createEffect(
    on(
      () => props.open,
      () => {
        setTyped({ ...EMPTY });
        setTried(false);
        save.clear();
      },
    ),
  );
  const problems = () => newIdentityProblems(typed);
  const shown = (field: keyof NewIdentity) => (tried() ? (problems()[field] ?? null) : null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problems()).length > 0 || props.ready === false) return;
    if (await save.run({ ...typed })) props.onOpenChange(false);
  };
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={props.title}
      description={props.description}
    >
      <form class="stack" noValidate onSubmit={(event) => void submit(event)}>
        {props.children}
        <TextInput
          label="Name"
          hint="Only for you; it stays here."
          value={typed.name}
          onInput={(value) => setTyped('name', value)}
          maxLength={NAME_CHARS_MAX}
          error={shown('name')}
          required
        />
        <TextInput
          label="Passphrase"
          hint="Encrypts it on this device. Nobody can reset it."
          type="password"
          autocomplete="new-password"
          value={typed.passphrase}
          onInput={(value) => setTyped('passphrase', value)}
          error={shown('passphrase')}
          required
        />
        <TextInput
          label="Passphrase again"
          type="password"
          autocomplete="new-password"
          value={typed.repeat}
          onInput={(value) => setTyped('repeat', value)}
          error={shown('repeat')}
          required
        />
        <Show when={save.error()}>{(error) => <Notice error={error()} />}</Show>
        <PrivacyNote />
        <div class="dialog-foot">
          <Button onClick={() => props.onOpenChange(false)}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.busy()} disabled={props.ready === false}>
            {props.button}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
