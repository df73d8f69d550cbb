// Gives the library to whoever drives this page.
const address = '/gnomon/pipeline.js';
globalThis.gnomon = await import(address);
