import { inspector } from 'loopchart/node';

// Opens the page in what the system calls a browser, and waits to be told to end.
await inspector({ open: true });
process.stdin.resume().once('end', () => process.exit());
