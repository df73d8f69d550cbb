// A link that brings a server to another device: made only when asked for, since whoever has it has the token.
import { createMemo, type JSX, Show } from 'solid-js';
import type { ServerView } from '../../../services/servers.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TextInput } from '../../components/Field.tsx';
import { CopyButton } from '../../components/Hash.tsx';
import { Notice } from '../../components/Notice.tsx';
import { useServices } from '../../services.ts';
import { isOnThisDevice } from './server-words.ts';

export function PairDialog(props: {
  server: ServerView;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}): JSX.Element {
  const { servers } = useServices();
  const link = createMemo(() => (props.open ? (servers.pairingLink(props.server.id) ?? '') : ''));
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={`Pair another device with ${props.server.name}`}
      description="Open this link on the other device, or enter it on the Servers page there. That device then asks for itself what the server may see."
      footer={
        <>
          <Button onClick={() => props.onOpenChange(false)}>Close</Button>
          <CopyButton value={link()} what="pairing link" text="Copy the link" />
        </>
      }
    >
      <TextInput label="Pairing link" mono readOnly value={link()} onInput={() => {}} rows={3} />
      <Show when={props.server.hasToken}>
        <Notice kind="warn" title="The link holds your token">
          Whoever has it can use the server in your name. Give it to your own devices only.
        </Notice>
      </Show>
      <Show when={isOnThisDevice(props.server)}>
        <Notice kind="warn" title="This server is on this device">
          Other devices reach it only by an address of your network, over https.
        </Notice>
      </Show>
    </Dialog>
  );
}
