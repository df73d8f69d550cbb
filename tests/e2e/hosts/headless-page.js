// Gives the library to whoever drives this page.
import * as library from '/gnomon/pipeline.js';

globalThis.gnomon = library;
