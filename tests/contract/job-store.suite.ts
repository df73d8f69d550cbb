// What every JobStore promises, as plain cases, so that Vitest and a page in a real browser can both run
// them. Times are virtual where the harness can do that, and real otherwise.
import { keepingCases } from './job-store.keeping.ts';
import { leaseCases } from './job-store.leases.ts';
import { pausingCases } from './job-store.pausing.ts';
import type { ContractCase } from './job-store.support.ts';
import { tabCases } from './job-store.tabs.ts';

export const jobStoreCases: ContractCase[] = [...keepingCases, ...leaseCases, ...pausingCases, ...tabCases];
