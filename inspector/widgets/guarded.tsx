import { Component, type ComponentChildren } from 'preact';
import { session } from '../page/session.ts';

interface Fault {
  error: unknown;
  /** The recording that was shown then: of another, there may be nothing wrong. */
  recording: unknown;
}

/** One part of the page. Where it cannot show what it was given, it says so, and the others go on. */
export class Guarded extends Component<{ name: string; children: ComponentChildren }, { fault: Fault | undefined }> {
  override state: { fault: Fault | undefined } = { fault: undefined };

  static override getDerivedStateFromError(error: unknown): { fault: Fault } {
    return { fault: { error, recording: session.recording.peek() } };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render(): ComponentChildren {
    const { name, children } = this.props;
    const { fault } = this.state;
    if (fault === undefined || fault.recording !== session.recording.value) return children;
    return (
      <section class={`faulty ${name}`} aria-label={name}>
        <p class="note" role="alert">
          The {name} cannot show this moment ({String(fault.error)}). Save the recording, so that it can be looked into.{' '}
          <button type="button" onClick={() => this.setState({ fault: undefined })}>
            Try again
          </button>
        </p>
      </section>
    );
  }
}
