import { Component, type ComponentChildren } from 'preact';

/** One view. Where it cannot show what it was given, it says so, and the others go on. */
export class Guarded extends Component<{ name: string; children: ComponentChildren }, { fault: unknown }> {
  override state: { fault: unknown } = { fault: undefined };

  static override getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault };
  }

  override componentDidCatch(fault: unknown): void {
    console.error(fault);
  }

  override render(): ComponentChildren {
    const { name, children } = this.props;
    const { fault } = this.state;
    if (fault === undefined) return children;
    return (
      <section class={`faulty ${name}`} aria-label={name}>
        <p class="note" role="alert">
          The {name} cannot show this moment ({String(fault)}). Save the recording, so that it can be looked into.{' '}
          <button type="button" onClick={() => this.setState({ fault: undefined })}>
            Try again
          </button>
        </p>
      </section>
    );
  }
}
