import { formatRecording, Loop, record } from 'loopchart';

class Level extends Loop {
  override state = { n: 0, share: 0 };
  readonly aRatherLongNameForALoop: Level | undefined;
  constructor(below: number) {
    super();
    if (below > 0) this.aRatherLongNameForALoop = new Level(below - 1);
  }
  get done(): boolean {
    return this.state.n >= 2;
  }
  reset(): void {
    this.state.n = 0;
  }
  async advance(): Promise<void> {
    await this.aRatherLongNameForALoop?.run();
    this.state.n++;
    this.state.share = this.state.n / 3;
  }
}

/** The recording of a run of so many loops, each in the one before, and all with long names. */
export async function deepText(levels: number): Promise<string> {
  const recorder = record();
  await new Level(levels - 1).start({ inspect: recorder }).outcome;
  return formatRecording(recorder.recording);
}
