/** The package's version; replaced at build time. */
declare const __GNOMON_VERSION__: string;
