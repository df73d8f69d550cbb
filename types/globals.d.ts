/** The package's version; replaced at build time. */
declare const __GNOMON_VERSION__: string;
/** `VITE_WS_URL` of the build that the library is part of; replaced when the library is built. */
declare const __HOST_WS_URL__: unknown;

/** The library's worker as one classic script; made by its build. */
declare module 'virtual:gnomon-worker' {
  const source: string;
  export default source;
}

/** The component's styles, fit for a shadow root; made by the library's build. */
declare module 'virtual:gnomon-styles' {
  const css: string;
  export default css;
}
