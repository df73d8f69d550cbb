// One tab schedules for all, but an identity is unlocked in one tab's memory. So the scheduling tab asks the
// others for a secret when an attempt starts. It travels from tab to tab of this origin only, over a channel
// that has an unguessable name and one use, and is never stored.
import { GnomonError } from '../core/errors.ts';
import { IDENTITY_LOCKED } from '../core/retry.ts';
import type { IdentityStore } from './identity-store.ts';

interface Question {
  identityId: string;
  /** Name of the channel that waits for the answer. */
  answerTo: string;
}

/** What has identities unlocked in this tab. */
export type SecretHolder = Pick<IdentityStore, 'secretFor'>;

export interface SecretExchange {
  /** The secret, from here or from whichever tab has it unlocked; else rejects as `IdentityStore.secretFor` does. */
  secretFor(identityId: string): Promise<string>;
  close(): void;
}

/** Tabs answer within milliseconds, also hidden ones; frozen ones never do. */
const ANSWER_WITHIN_MS = 1_500;

/** Also answers the other tabs' questions, until closed. */
export function makeSecretExchange(
  identities: SecretHolder,
  options: { name?: string; newId?: () => string; answerWithinMs?: number } = {},
): SecretExchange {
  const { name = 'gnomon-secrets', newId = randomId, answerWithinMs = ANSWER_WITHIN_MS } = options;
  const questions = new BroadcastChannel(name);
  questions.onmessage = ({ data }: MessageEvent<Question>) => {
    identities.secretFor(data.identityId).then(
      (secret) => {
        const answer = new BroadcastChannel(data.answerTo);
        answer.postMessage(secret);
        answer.close();
      },
      () => {}, // Locked here too.
    );
  };

  function askOthers(identityId: string): Promise<string | null> {
    const answerTo = `${name}-${newId()}`;
    const answer = new BroadcastChannel(answerTo);
    return new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), answerWithinMs);
      answer.onmessage = ({ data }: MessageEvent<string>) => {
        clearTimeout(timer);
        resolve(data);
      };
      questions.postMessage({ identityId, answerTo } satisfies Question);
    }).finally(() => answer.close());
  }

  return {
    async secretFor(identityId) {
      try {
        return await identities.secretFor(identityId);
      } catch (thrown) {
        if (!(thrown instanceof GnomonError) || thrown.code !== IDENTITY_LOCKED) throw thrown;
        const secret = await askOthers(identityId);
        if (secret === null) throw thrown;
        return secret;
      }
    },
    close: () => questions.close(),
  };
}

/** 128 bits; `crypto.randomUUID` is missing where `getRandomValues` is not. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
