// A tab of the first version: holds its connection to the jobs, and lets go when asked, or not.
import { fillFirstVersion, openFirstVersion } from '../helpers/first-version.ts';

Object.assign(globalThis, {
  old: {
    fill: async () => void (await fillFirstVersion('gnomon-jobs')),
    connect: async (letsGo: boolean) => {
      const database = await openFirstVersion('gnomon-jobs', letsGo);
      Object.assign(globalThis, { letGo: () => database.close() });
    },
  },
});
