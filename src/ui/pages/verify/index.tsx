// Placeholder until the page lands.
import type { JSX } from 'solid-js';
import { Page } from '../../components/Page.tsx';

export default function VerifyPage(): JSX.Element {
  return <Page title="Verify">{null}</Page>;
}
