export { type RetryOptions, retry } from './retry.ts';
export { timeout } from './timeout.ts';
