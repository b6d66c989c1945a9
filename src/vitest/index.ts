import { expect } from 'vitest';
import type { ArgsOf, OutputOf } from '../chart/machine-type.ts';
import type { RecordRunArguments } from '../testing/recording/record-run.ts';
import type { AnyLoop } from '../tree/any-loop.ts';
import { toMatchRecording } from './to-match-recording.ts';

/** What `toMatchRecording` takes behind the file: of a loop, how it is run. */
export type RecordingArguments<T> = T extends AnyLoop ? RecordRunArguments<OutputOf<T>, ArgsOf<T>> : [];

declare module 'vitest' {
  interface Matchers<T = any> {
    /**
     * Holds a run against its golden recording: the text of an earlier run, in a file beside the test. At the first
     * transition that is another, it says what was recorded and what happened now.
     *
     * Give `expect` a loop, which is run with the options that follow (those of `start`, and `during`); or a run that was started with
     * `inspect: record()`; or a recorder, or a recording. What it returns has to be awaited.
     * @param file its name, from the folder of the test file. One that is not there is written, but not in CI; `-u` writes anew
     *
     * @example
     * await expect(new Sum()).toMatchRecording('recordings/sum.golden', { args: [3] });
     */
    toMatchRecording(file: string, ...options: RecordingArguments<T>): Promise<void>;
  }
}

expect.extend({ toMatchRecording: toMatchRecording as any });
