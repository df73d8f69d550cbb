// The dial in words: its text alternative. Pure.
import { type Disclosure, type Opinion, penumbra } from './dial-geometry.ts';
import { scoreShort } from './format.ts';

export function dialWords(scorePpm: number, opinion: Opinion, disclosure: Disclosure): string {
  const edge = penumbra(opinion);
  const score = `The score is ${scoreShort(scorePpm)} of 1. With what is uncertain it lies between ${edge.low.toFixed(2)} and ${edge.high.toFixed(2)}.`;
  switch (disclosure.kind) {
    case 'nothing':
      return `${score} A verifier learns nothing of it.`;
    case 'value':
      return `${score} A verifier learns the score itself.`;
    case 'range':
      return `${score} A verifier learns only that it lies from ${disclosure.low} to ${disclosure.high}.`;
  }
}
