// Settings: what is kept here and for how long, how proving uses the device, and what this app is.
import type { JSX } from 'solid-js';
import { Page } from '../../components/Page.tsx';
import { About } from './About.tsx';
import { Backup } from './Backup.tsx';
import { Deleting } from './Deleting.tsx';
import { Diagnostics } from './Diagnostics.tsx';
import { Proving } from './Proving.tsx';
import { Storage } from './Storage.tsx';
import './settings.css';

export default function SettingsPage(): JSX.Element {
  return (
    <Page title="Settings" lead="They apply to this browser only." side={<About />}>
      <Storage />
      <Proving />
      <Backup />
      <Diagnostics />
      <Deleting />
    </Page>
  );
}
