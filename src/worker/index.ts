export type { RemoteStartOptions } from './options.ts';
export type { WorkerPort } from './port.ts';
export { type RemoteLoop, type RemoteOptions, type RemoteStartArguments, remote } from './remote.ts';
export type { RemoteRun } from './remote-run.ts';
export { type Served, type ServeOptions, serve } from './serve.ts';
export type { Watcher } from './served-run.ts';
