import { rememberErrors } from 'loopchart';

/** What a shop or a model failed with. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** Whether it may work a moment later. */
  readonly temporary: boolean;

  constructor(message: string, options: { temporary?: boolean; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.temporary = options.temporary === true;
  }
}

// So that it is known again when a step that has met one is run again after a resume.
rememberErrors({ ServiceError });

/** For `retryIf`: busy services, and attempts that took too long. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof ServiceError) return error.temporary;
  return error instanceof DOMException && error.name === 'TimeoutError';
}
