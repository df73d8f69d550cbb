// Where a proof is made, beside the button that starts it: quiet while it stays, plain about what leaves.
import { createMemo, type JSX, Show } from 'solid-js';
import type { PrivacyTier } from '../../../core/job.ts';
import type { CircuitEntry } from '../../../core/manifest.ts';
import type { ServerView } from '../../../services/servers.ts';
import { Checkbox } from '../../components/Field.tsx';
import { PrivacyNote } from '../../components/Marks.tsx';
import { RadioCards } from '../../components/RadioCards.tsx';
import { useServices } from '../../services.ts';
import { createServers } from './create-servers.ts';
import { allowedServers, SECRETS_WARNING, seesWords } from './server-words.ts';
import './where.css';

/** What the person chose: goes into the job as it is. */
export interface Where {
  privacy: PrivacyTier;
  sendTo?: string;
}

/** What jobs call servers. */
const SERVER_PREFIX = 'server:';

export const HERE: Where = { privacy: 'local-only' };

export interface WhereChoiceProps {
  circuit: CircuitEntry | undefined;
  /** The job carries an identity's secret. */
  secrets: boolean;
  /** Null: nothing chosen yet, so what Settings say. */
  value: Where | null;
  onChange: (where: Where) => void;
}

/** The choice that holds when the person makes none. */
export function createUsualWhere(secrets: boolean): () => Where {
  const live = createServers('none');
  return () => {
    const { mode, tier } = live.offload();
    const goes = mode === 'automatic' && tier === 'may-offload';
    return goes && allowedServers(live.servers(), secrets).length > 0 ? { privacy: 'may-offload' } : HERE;
  };
}

export function WhereChoice(props: WhereChoiceProps): JSX.Element {
  const services = useServices();
  const live = createServers('allowed');
  const usual = createUsualWhere(props.secrets);
  const where = () => props.value ?? usual();
  const allowed = createMemo(() => allowedServers(live.servers(), props.secrets));
  const forecast = createMemo(() => {
    const { circuit, secrets } = props;
    // Read, so that it is made anew whenever a server's state has changed.
    live.servers();
    return circuit === undefined ? null : services.servers.foresee({ circuit, secrets, ...where() });
  });
  const forecastWords = () => {
    const seen = forecast();
    if (seen === null) return undefined;
    return (
      <span class="where-forecast">
        Now: {seen.backendId === null ? `not yet: ${seen.reason}` : seen.reason}.
      </span>
    );
  };
  const goesAway = () => forecast()?.backendId?.startsWith(SERVER_PREFIX) === true;
  const outlookOf = (serverId: string | null) => {
    live.servers();
    if (props.circuit === undefined) return undefined;
    const all = services.servers.outlooks(props.circuit);
    return serverId === null ? all[0] : all.find(({ backendId }) => backendId === SERVER_PREFIX + serverId);
  };
  const nowWords = (serverId: string | null) => {
    const outlook = outlookOf(serverId);
    return outlook === undefined ? '' : ` Now: ${outlook.words}.`;
  };
  const sees = () => seesWords(props.secrets);
  const lacksIt = ({ says }: ServerView) =>
    says !== null && !says.circuits.some(({ id }) => id === props.circuit?.id);
  const serverCard = (server: ServerView) => {
    const { id, name } = server;
    const outlook = outlookOf(id);
    const value = SERVER_PREFIX + id;
    if (outlook?.refused) {
      const why = lacksIt(server)
        ? 'Whoever runs it decides which circuits it has.'
        : 'The Servers page says more.';
      const text = `${outlook.words}. ${why}`;
      return { value, title: name, disabled: true, text };
    }
    const warning = props.secrets ? ` ${SECRETS_WARNING}` : '';
    return { value, title: name, text: `It will see ${sees()}.${warning}${nowWords(id)}` };
  };
  const names = () =>
    allowed()
      .map(({ name }) => name)
      .join(' or ');
  return (
    <Show when={live.offload().mode !== 'here' && allowed().length > 0} fallback={<PrivacyNote />}>
      <Show
        when={live.offload().mode === 'ask'}
        fallback={
          <div class="stack-s">
            <Checkbox
              label={`May go to ${names()} when that is sooner`}
              hint={forecastWords()}
              checked={where().privacy === 'may-offload'}
              onChange={(may) => props.onChange(may ? { privacy: 'may-offload' } : HERE)}
            />
            <Show when={where().privacy === 'may-offload'} fallback={<PrivacyNote />}>
              <PrivacyNote server={names()} sees={sees()} perhaps={!goesAway()} />
            </Show>
          </div>
        }
      >
        <div class="where stack-s">
          <RadioCards
            legend="Where to make it"
            value={where().sendTo ?? 'here'}
            onChange={(to) => props.onChange(to === 'here' ? HERE : { privacy: 'may-offload', sendTo: to })}
            options={[
              { value: 'here', title: 'This device', text: `Nothing leaves.${nowWords(null)}` },
              ...allowed().map(serverCard),
            ]}
          />
        </div>
      </Show>
    </Show>
  );
}
