// A step that does not give up at once. Suspended or killed in between, it would go on with the next attempt.
import { setTimeout as sleep } from 'node:timers/promises';
import { Loop } from 'loopchart';
import { retry } from 'loopchart/patterns';

/** A server with troubles. */
async function ask(attempt: number, signal: AbortSignal): Promise<string> {
  if (attempt === 1) throw new Error('the line is down');
  if (attempt === 2) await sleep(60_000, undefined, { signal });
  return 'the answer';
}

class Question extends Loop<string> {
  override state = { answer: '' };

  get done(): boolean {
    return this.state.answer !== '';
  }

  reset(): void {}

  async advance(): Promise<void> {
    this.state.answer = await retry(this, 'ask', ask, {
      attempts: 5,
      delay: 20, // milliseconds before the second attempt; each wait is twice as long as the one before
      timeout: 200, // for each attempt
      retryIf: (error, attempt) => {
        console.log('attempt', attempt, error instanceof Error ? error.message : error);
        return true;
      },
    });
  }

  override onRunEnd(): string {
    return this.state.answer;
  }
}

console.log(await new Question().run());
