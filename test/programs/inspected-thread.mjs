// What runs TypeScript in a process does not reach its threads.
import { register } from 'tsx/esm/api';

register();
await import('./inspected-thread.ts');
