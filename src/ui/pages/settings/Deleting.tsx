// Deletes all that is kept here, after a question that says what is lost for good.
import { createSignal, type JSX, Show } from 'solid-js';
import { Button, LinkButton } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Checkbox } from '../../components/Field.tsx';
import { plural } from '../../components/format.ts';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';

export function Deleting(): JSX.Element {
  const services = useServices();
  const [asking, setAsking] = createSignal(false);
  const [sure, setSure] = createSignal(false);
  const [unsaved, setUnsaved] = createSignal(0);
  const ask = createAction(async () => {
    const identities = await services.identities.list();
    setUnsaved(identities.filter(({ backedUp, demo }) => !backedUp && demo !== true).length);
    setSure(false);
    setAsking(true);
  });
  const remove = createAction(async () => {
    await services.storage.deleteEverything();
    window.location.replace('/');
  });
  return (
    <Section title="Delete everything">
      <p class="quiet">
        Proofs, identities, accepted claims, imported networks, circuits, servers and settings, all from this
        browser.
      </p>
      <Show when={ask.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="row">
        <Button variant="danger" icon="trash" busy={ask.busy()} onClick={() => void ask.run()}>
          Delete everything
        </Button>
      </div>
      <Dialog
        open={asking()}
        onOpenChange={setAsking}
        title="Delete everything?"
        description="All that Gnomon keeps in this browser is deleted, also in its other tabs. It cannot be undone. Files you downloaded stay."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep everything</Button>
            <Button
              variant="danger"
              disabled={!sure()}
              busy={remove.busy()}
              onClick={() => void remove.run()}
            >
              Delete
            </Button>
          </>
        }
      >
        <Show when={unsaved() > 0}>
          <Notice
            kind="warn"
            title={`${plural(unsaved(), 'identity has', 'identities have')} no backup.`}
            actions={<LinkButton href="/identity">Back up first</LinkButton>}
          >
            Without one, nobody can claim with it again.
          </Notice>
        </Show>
        <Checkbox label="I know that this cannot be undone" checked={sure()} onChange={setSure} />
        <Show when={remove.error()}>{(error) => <Notice error={error()} />}</Show>
      </Dialog>
    </Section>
  );
}
