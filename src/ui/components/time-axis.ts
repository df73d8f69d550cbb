// What stands under a chart's time axis, written as everywhere else (format.ts): "28 Nov", "14:00", never by the
// browser's or the chart library's own custom. Pure.

const DAY_S = 86_400;
const MONTH_LEAST_S = 28 * DAY_S;
const YEAR_LEAST_S = 365 * DAY_S;

type Part = (date: Date) => string;
const part = (options: Intl.DateTimeFormatOptions): Part => {
  const format = new Intl.DateTimeFormat('en-GB', options);
  return (date) => format.format(date);
};

const YEAR = part({ year: 'numeric' });
const MONTH = part({ month: 'short' });
const DAY = part({ day: 'numeric', month: 'short' });
const TIME = part({ hour: '2-digit', minute: '2-digit' });

/** One text for each mark; what all share, the day or the year, on a second line at the first of them and where it
 * changes. `stepS`: from mark to mark. */
export function axisTimes(marksS: readonly number[], stepS: number): string[] {
  const [fine, coarse] = partsFor(stepS);
  let before = '';
  return marksS.map((seconds) => {
    const date = new Date(seconds * 1000);
    const around = coarse === null ? '' : coarse(date);
    const text = around === before ? fine(date) : `${fine(date)}\n${around}`;
    before = around;
    return text;
  });
}

function partsFor(stepS: number): [fine: Part, coarse: Part | null] {
  if (stepS < DAY_S) return [TIME, DAY];
  if (stepS < MONTH_LEAST_S) return [DAY, YEAR];
  return stepS < YEAR_LEAST_S ? [MONTH, YEAR] : [YEAR, null];
}
