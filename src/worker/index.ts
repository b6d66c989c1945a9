export type { RemoteInput, RemoteLogic, RemoteSnapshot } from './logic.ts';
export type { RemoteStartArguments, RemoteStartOptions } from './options.ts';
export type { WorkerPort } from './port.ts';
export { type RemoteLoop, type RemoteOptions, remote } from './remote.ts';
export type { RemoteRun } from './remote-run.ts';
export { type Served, type ServeOptions, serve } from './serve.ts';
export type { Watcher } from './served-run.ts';
