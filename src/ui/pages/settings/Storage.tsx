// How much room Gnomon takes here, and whether the browser may clear it by itself.
import { createSignal, type JSX, Show } from 'solid-js';
import { Button, LinkButton } from '../../components/Button.tsx';
import { bytesText } from '../../components/format.ts';
import { Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { Section } from '../../components/Page.tsx';
import { createAction } from '../../create-action.ts';
import { createLoaded } from '../../create-loaded.ts';
import { useServices } from '../../services.ts';

export function Storage(): JSX.Element {
  const { storage } = useServices();
  const facts = createLoaded(
    () => null,
    () => storage.facts(),
  );
  const [refused, setRefused] = createSignal(false);
  const ask = createAction(async () => {
    setRefused(!(await storage.persist()));
    facts.reload();
  });
  const room = (bytes: number | null | undefined) => (bytes == null ? 'not told' : bytesText(bytes));
  const lasting = () => {
    const persistent = facts.value()?.persistent;
    if (persistent == null) return 'not told';
    if (persistent) return 'Yes, until you delete it';
    return facts.value()?.refused
      ? 'No: the browser was asked and did not promise it. A full disk may cost it'
      : 'Not promised: a full disk may cost it';
  };
  return (
    <Section title="Storage">
      <Facts
        items={[
          { term: 'Used', value: <>{room(facts.value()?.usedBytes)}</> },
          { term: 'Free', value: <>{room(facts.value()?.freeBytes)}</> },
          { term: 'Kept for good', value: <span aria-live="polite">{lasting()}</span> },
        ]}
      />
      <Show when={refused()}>
        <Notice kind="warn" title="The browser did not promise it.">
          Proofs and identities are still saved. Install the app or visit it more often, then ask again; and
          keep a backup of your identities.
        </Notice>
      </Show>
      <Show when={facts.error() ?? ask.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="row">
        <Show when={facts.value()?.persistent === false}>
          <Button icon="lock" busy={ask.busy()} onClick={() => void ask.run()}>
            Ask the browser to keep it
          </Button>
        </Show>
        <LinkButton href="/circuit-list" icon="circuit" variant="quiet">
          Room taken by circuits
        </LinkButton>
      </div>
    </Section>
  );
}
