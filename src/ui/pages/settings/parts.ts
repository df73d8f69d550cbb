// Packages that run in the page, with the licence that each comes under; held against the packages by a test.

export const PARTS: readonly { name: string; licence: string }[] = [
  { name: '@fontsource-variable/inter', licence: 'OFL-1.1' },
  { name: '@kobalte/core', licence: 'MIT' },
  { name: '@noble/curves', licence: 'MIT' },
  { name: '@noble/hashes', licence: 'MIT' },
  { name: '@semaphore-protocol/identity', licence: 'MIT' },
  { name: '@solidjs/router', licence: 'MIT' },
  { name: '@zk-kit/lean-imt', licence: 'MIT' },
  { name: 'comlink', licence: 'Apache-2.0' },
  { name: 'ffjavascript', licence: 'GPL-3.0' },
  { name: 'fflate', licence: 'MIT' },
  { name: 'idb', licence: 'ISC' },
  { name: 'lucide-solid', licence: 'ISC' },
  { name: 'poseidon-lite', licence: 'MIT' },
  { name: 'snarkjs', licence: 'GPL-3.0' },
  { name: 'solid-js', licence: 'MIT' },
  { name: 'uplot', licence: 'MIT' },
  { name: 'valibot', licence: 'MIT' },
  { name: 'workbox-precaching', licence: 'MIT' },
  { name: 'workbox-routing', licence: 'MIT' },
  { name: 'workbox-window', licence: 'MIT' },
];
