// Everything in one file under a passphrase, and back from it.
import { createSignal, type JSX, Show } from 'solid-js';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/Field.tsx';
import { FileDrop } from '../../components/FileDrop.tsx';
import { saveFile } from '../../components/files.ts';
import { plural } from '../../components/format.ts';
import { PrivacyNote } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';

const PASSPHRASE_CHARS_MIN = 8;

export function Backup(): JSX.Element {
  const { backup } = useServices();
  const [exporting, setExporting] = createSignal(false);
  const [passphrase, setPassphrase] = createSignal('');
  const [repeat, setRepeat] = createSignal('');
  const [file, setFile] = createSignal<File | null>(null);
  const [restored, setRestored] = createSignal<{ added: number; skipped: number } | null>(null);
  const clear = () => {
    setPassphrase('');
    setRepeat('');
  };
  const close = () => {
    setExporting(false);
    setFile(null);
    clear();
  };
  const short = () =>
    passphrase() !== '' && passphrase().length < PASSPHRASE_CHARS_MIN ? 'At least 8 characters.' : null;
  const differs = () => (repeat() !== '' && repeat() !== passphrase() ? 'This is not the same.' : null);
  const save = createAction(async () => {
    saveFile('backup.gnomon', await backup.exportAll(passphrase()));
    close();
  });
  const open = createAction(async () => {
    const chosen = file();
    if (chosen === null) return;
    setRestored(await backup.importAll(chosen, passphrase()));
    close();
  });
  const ready = () =>
    passphrase().length >= PASSPHRASE_CHARS_MIN && (!exporting() || repeat() === passphrase());
  return (
    <Section title="Backup">
      <p class="quiet">
        Identities, proofs, those that wait with all they need, accepted claims, published campaigns, circuits
        you brought, servers with their tokens and what each may see, and settings, in one file under a
        passphrase.
      </p>
      <div class="row">
        <Button
          icon="download"
          onClick={() => {
            save.clear();
            setExporting(true);
          }}
        >
          Export everything
        </Button>
        <PrivacyNote />
      </div>
      <FileDrop
        label="Bring back a backup"
        hint="Adds what is not here yet and changes nothing that is."
        accept=".gnomon"
        buttonText="Open a backup"
        onFiles={([chosen]) => {
          open.clear();
          setRestored(null);
          setFile(chosen ?? null);
        }}
      />
      <Show when={restored()}>
        {(done) => (
          <Notice
            kind="ok"
            title={`Brought back ${plural(done().added, 'entry', 'entries')}.`}
            actions={
              <Button icon="refresh" onClick={() => window.location.reload()}>
                Reload to see them
              </Button>
            }
          >
            {plural(done().skipped, 'entry was', 'entries were')} here already.
          </Notice>
        )}
      </Show>
      <Dialog
        open={exporting() || file() !== null}
        onOpenChange={(isOpen) => {
          if (!isOpen) close();
        }}
        title={exporting() ? 'Export everything' : 'Open this backup'}
        description={
          exporting()
            ? 'Whoever has the file and the passphrase has your identities, once they know their passphrases too.'
            : 'It is read here and goes nowhere.'
        }
      >
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (ready()) void (exporting() ? save : open).run();
          }}
        >
          <TextInput
            label="Passphrase"
            type="password"
            autocomplete={exporting() ? 'new-password' : 'current-password'}
            value={passphrase()}
            error={exporting() ? short() : null}
            onInput={setPassphrase}
          />
          <Show when={exporting()}>
            <TextInput
              label="The same again"
              type="password"
              autocomplete="new-password"
              value={repeat()}
              error={differs()}
              onInput={setRepeat}
            />
          </Show>
          <Show when={save.error() ?? open.error()}>{(error) => <Notice error={error()} />}</Show>
          <div class="dialog-foot">
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" variant="primary" busy={save.busy() || open.busy()} disabled={!ready()}>
              {exporting() ? 'Save the file' : 'Bring it back'}
            </Button>
          </div>
        </form>
      </Dialog>
    </Section>
  );
}
