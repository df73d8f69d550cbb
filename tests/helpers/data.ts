// Where the shared test data lies; see README, "Tests".
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.GNOMON_TEST_DATA;

/** Path of a shared data file, or undefined when GNOMON_TEST_DATA is not set (the test is then listed
 * as skipped). Set, a missing file is an error. */
export function testData(name: string): string | undefined {
  if (folder === undefined || folder === '') return undefined;
  const path = join(folder, name);
  if (!existsSync(path)) throw new Error(`GNOMON_TEST_DATA is set but ${name} is missing there.`);
  return path;
}
