import { formatRecording, Loop, record } from 'loopchart';

class Pages extends Loop {
  override state = { read: 0 };
  site = 0;
  onStep = (): void => {};
  override get skip(): boolean {
    return this.site === 1;
  }
  get done(): boolean {
    return this.state.read >= 2;
  }
  reset(): void {
    this.state.read = 0;
  }
  advance(): void {
    this.state.read++;
    this.onStep();
  }
}

class Visits extends Loop {
  override state = { next: 0 };
  readonly pages = new Pages();
  get done(): boolean {
    return this.state.next >= 9;
  }
  reset(): void {
    this.state.next = 0;
  }
  async advance(): Promise<void> {
    this.pages.site = this.state.next;
    await this.pages.run();
    this.state.next++;
  }
}

/** The recording of a run that was stopped in its third child; the first came to its end, the second was skipped. */
export async function stoppedText(): Promise<string> {
  const visits = new Visits();
  const recorder = record();
  const run = visits.start({ inspect: recorder });
  visits.pages.onStep = () => {
    if (visits.pages.site === 2) void run.stop('enough');
  };
  await run.outcome;
  return formatRecording(recorder.recording);
}
