// Ids of people and types as texts: which are allowed, and how two spellings become one.
import { ID_CHARS_MAX } from './constants.ts';

// A control character could not be told apart from a separator in hashed or joined fields; a lone surrogate
// encodes to the same UTF-8 as any other, so two ids would collide.
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/** Why a text can't be an id, or undefined when it can. */
export function idProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be text';
  if (value === '') return 'is empty';
  if (value.length > ID_CHARS_MAX) return `is longer than ${ID_CHARS_MAX} characters`;
  if (FORBIDDEN.test(value)) return 'holds a control character or half of a surrogate pair';
  return undefined;
}

/** Ids that begin with `0x` are hexadecimal addresses, whose case carries no meaning; others are verbatim. */
export function normaliseId(id: string): string {
  return id.startsWith('0x') ? id.toLowerCase() : id;
}

/** An id short enough for a sentence. */
export function shortId(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
