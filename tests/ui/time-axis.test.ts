// Times under a chart are written like all others, whatever the browser's language is.
import { expect, it } from 'vitest';
import { axisTimes } from '../../src/ui/components/time-axis.ts';

const at = (...parts: [number, number, number?, number?, number?]) => new Date(...parts).getTime() / 1000;

it('are hours with their day, where it begins', () => {
  const marks = [at(2026, 10, 27, 18), at(2026, 10, 27, 21), at(2026, 10, 28, 0), at(2026, 10, 28, 3)];
  expect(axisTimes(marks, 3 * 3_600)).toEqual(['18:00\n27 Nov', '21:00', '00:00\n28 Nov', '03:00']);
});

it('are days, months and years, day first', () => {
  const days = [at(2026, 11, 30), at(2026, 11, 31), at(2027, 0, 1)];
  expect(axisTimes(days, 86_400)).toEqual(['30 Dec\n2026', '31 Dec', '1 Jan\n2027']);
  expect(axisTimes([at(2026, 10, 1), at(2026, 11, 1)], 30 * 86_400)).toEqual(['Nov\n2026', 'Dec']);
  expect(axisTimes([at(2026, 0, 1), at(2027, 0, 1)], 365 * 86_400)).toEqual(['2026', '2027']);
  expect(axisTimes([], 86_400)).toEqual([]);
});
