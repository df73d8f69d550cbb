// One kept identity: its state, its commitment, and what can be done with it.
import { createSignal, type JSX, Show } from 'solid-js';
import type { IdentitySummary } from '../../../services/identities.ts';
import { Button } from '../../components/Button.tsx';
import { timeText } from '../../components/format.ts';
import { CopyButton, Hash } from '../../components/Hash.tsx';
import { Icon } from '../../components/Icon.tsx';
import { DemoBadge, Facts } from '../../components/Marks.tsx';
import { Notice } from '../../components/Notice.tsx';
import { createAction } from '../../create-action.ts';
import { useServices } from '../../services.ts';
import { BackupDialog } from './BackupDialog.tsx';
import { RegisterDialog } from './RegisterDialog.tsx';
import { RemoveDialog } from './RemoveDialog.tsx';
import { UnlockDialog } from './UnlockDialog.tsx';

type Open = 'unlock' | 'backup' | 'register' | 'remove' | null;

export function IdentityCard(props: { identity: IdentitySummary }): JSX.Element {
  const services = useServices();
  const [open, setOpen] = createSignal<Open>(null);
  const lock = createAction(() => services.identities.lock(props.identity.id));
  const holds = (which: Open) => ({
    open: open() === which,
    onOpenChange: (now: boolean) => setOpen(now ? which : null),
  });
  return (
    <li class="panel stack">
      <div class="section-head">
        <div class="row">
          <h2>{props.identity.name}</h2>
          <Show when={props.identity.demo}>
            <DemoBadge />
          </Show>
        </div>
        <span class="identity-state" classList={{ 'identity-unlocked': props.identity.unlocked }}>
          <Icon name={props.identity.unlocked ? 'unlock' : 'lock'} sizePx={16} />
          {props.identity.unlocked ? 'Unlocked in this tab' : 'Locked'}
        </span>
      </div>
      <Show when={!props.identity.backedUp}>
        <Notice
          kind="warn"
          title="Not backed up"
          nextStep="Back it up now, and keep the copy somewhere safe."
          actions={
            <Button icon="key" onClick={() => setOpen('backup')}>
              Back up
            </Button>
          }
        >
          If this browser’s data is cleared, this identity and every claim it could make are gone.
        </Notice>
      </Show>
      <Facts
        items={[
          { term: 'Commitment', value: <Hash value={props.identity.commitment} what="commitment" /> },
          { term: 'Kept since', value: <>{timeText(props.identity.createdAtMs)}</> },
          { term: 'Backup', value: <>{props.identity.backedUp ? 'Export string given out' : 'None'}</> },
        ]}
      />
      <Show when={lock.error()}>{(error) => <Notice error={error()} />}</Show>
      <div class="row">
        {/* One button for both, or the focus would be lost with the other one. */}
        <Button
          icon={props.identity.unlocked ? 'lock' : 'unlock'}
          busy={lock.busy()}
          onClick={() => (props.identity.unlocked ? void lock.run() : setOpen('unlock'))}
        >
          {props.identity.unlocked ? 'Lock' : 'Unlock'}
        </Button>
        <CopyButton value={props.identity.commitment} what="commitment" text="Copy commitment" />
        <Button icon="campaign" onClick={() => setOpen('register')}>
          Register
        </Button>
        <Show when={props.identity.backedUp}>
          <Button icon="key" onClick={() => setOpen('backup')}>
            Back up
          </Button>
        </Show>
        <Button variant="quiet" icon="trash" onClick={() => setOpen('remove')}>
          Remove
        </Button>
      </div>
      <UnlockDialog identityId={props.identity.id} {...holds('unlock')} />
      <BackupDialog identity={props.identity} {...holds('backup')} />
      <RegisterDialog identity={props.identity} {...holds('register')} />
      <RemoveDialog identity={props.identity} {...holds('remove')} />
    </li>
  );
}
