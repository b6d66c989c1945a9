/**
 * Small functions for a step: trying again, and not for too long.
 * @module loopchart/patterns
 */
export { type RetryOptions, retry } from './retry.ts';
export { timeout } from './timeout.ts';
