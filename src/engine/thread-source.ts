/**
 * The background thread's program as text, so that it starts the same from ES modules, CommonJS and bundles. The build
 * puts `thread-main.ts` with all it imports here; without a build there is none, and jobs run on the main thread.
 */
export const THREAD_SOURCE: string | undefined = undefined;
